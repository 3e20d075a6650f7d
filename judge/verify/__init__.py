"""Whether what lies in a results folder is sound."""
