"""A small client library: Request in, Reply out. It knows nothing of tasks, rubrics or scores."""
