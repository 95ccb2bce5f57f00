"""A small client for Cobi's API."""
