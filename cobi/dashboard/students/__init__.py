"""Students: found by an id, what they did and were shown, what they would be shown now and why, and why not."""
