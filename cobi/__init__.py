"""Cobi: recommendations for student-discount marketplaces, and an honest account of what they caused."""

__version__ = "0.1.0"
