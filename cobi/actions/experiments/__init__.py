"""Declaring, running and reading experiments."""
