"""Reasoning and judge evaluation for emotion and social intelligence in language models."""

__version__ = "0.1.0"
