"""What moves a judge that should not: probes, their edits and attacks, and the effects they have."""
