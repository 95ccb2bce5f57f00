"""Segments: listed with their sizes and what they get, built from conditions, found in what students do."""
