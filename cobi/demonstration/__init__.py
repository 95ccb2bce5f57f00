"""The demonstration: a simulated marketplace lives with a Cobi for weeks, and leaves a past worth looking at."""
