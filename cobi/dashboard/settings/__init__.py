"""What the organisation has chosen for itself: read, changed after a question, and who changed what."""
