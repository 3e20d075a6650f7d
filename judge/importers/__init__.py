"""Answers made by other code, in the formats of the benchmarks that made them."""
