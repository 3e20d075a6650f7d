"""Speed and memory, measured as whole processes; never a timed test."""
