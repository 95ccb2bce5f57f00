"""Which interactions came of which answers, and the figures that hang on it."""
