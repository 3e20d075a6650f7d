"""YAML files to Task and Rubric; every error names file, line and key."""
