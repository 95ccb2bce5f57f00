"""What is known of one student: found by an id, what they did and were shown, what they would be shown now."""
