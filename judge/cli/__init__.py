"""The command line: the only place that opens providers, prints, reads the environment and exits."""
