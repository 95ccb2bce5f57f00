"""Experiments and the holdout: all of them, one with its figures, declaring, starting and stopping."""
