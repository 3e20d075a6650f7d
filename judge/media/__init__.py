"""From clips to what a model is sent: frames, audio, whole clips, decoded in worker processes with limits."""
