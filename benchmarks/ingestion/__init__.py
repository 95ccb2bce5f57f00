"""How fast a real server takes records over HTTP, beside what its parts can do alone."""
