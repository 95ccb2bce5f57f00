"""The ways to learn B, a file for each."""
