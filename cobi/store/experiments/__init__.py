"""The rows of experiments: their plans, who was answered in which arm, and what those students did by day."""
