"""What is done with segments."""
