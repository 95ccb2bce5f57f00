"""The feedback doctor: what is wrong with the loop itself, since when, what it mostly comes of, what to do."""
