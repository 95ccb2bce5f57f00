"""The evidence gate: whether a candidate should take the live model's place, and on what that was decided."""
