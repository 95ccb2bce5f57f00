"""Puts the doors together; decides nothing."""
