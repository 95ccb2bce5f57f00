"""Judging models on what was held back."""
