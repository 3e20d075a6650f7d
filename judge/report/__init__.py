"""Summaries to a report: one document, rendered as Markdown, JSON and one-file HTML."""
