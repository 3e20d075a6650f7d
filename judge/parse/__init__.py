"""Replies to values: pure, by mode; it says why when it cannot, and never falls back to a default."""
