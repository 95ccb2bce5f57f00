"""Models: all versions, one of them, two side by side; training, promoting and going back."""
