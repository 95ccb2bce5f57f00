"""Effectiveness: what recommendations led to, told apart, compared, and down to the rows behind every figure."""
