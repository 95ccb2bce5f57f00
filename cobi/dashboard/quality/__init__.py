"""Data quality: what was refused and why, samples of it, mending and trying again, dropping."""
