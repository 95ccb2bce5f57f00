"""Shops, offers, tags and keywords as somebody looks through them."""
