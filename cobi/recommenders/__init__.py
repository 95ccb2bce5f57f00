"""The learning core, `scores = x · B`: arrays in, models and rankings out; no database, HTTP or clock."""
