"""One organisation's store, live model and clock: one method for each action."""
