"""Whether the measuring tells the truth, where the truth is known."""
