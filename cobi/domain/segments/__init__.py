"""Segments: named rules over who students are and what they do."""
