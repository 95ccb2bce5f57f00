"""Settings: what an operator may choose, where it is read from, and the commented example."""
