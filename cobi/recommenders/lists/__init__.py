"""From scores to a list."""
