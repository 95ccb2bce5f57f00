"""The overview: is data flowing, is the loop well, what did recommendations cause, what has changed."""
