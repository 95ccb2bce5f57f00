"""What reports cost, beside how much is stored."""
