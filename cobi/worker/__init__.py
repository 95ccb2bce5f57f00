"""Trainings in processes of their own, so that none ever holds up an answer."""
