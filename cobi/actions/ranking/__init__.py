"""What a list is made of: the live model, who asks, what may be shown, what they have used, and the ranking itself."""
