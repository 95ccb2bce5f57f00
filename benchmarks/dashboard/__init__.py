"""The dashboard with much in it."""
