"""Evaluating the judge: its ratings against people's, how far they agree, and what that does to a mean."""
