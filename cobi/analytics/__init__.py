"""Arrays in, numbers out: how much something was worth, and how sure that is."""
