"""Answering what somebody should see; the same answer told again, and why something is not in it."""
