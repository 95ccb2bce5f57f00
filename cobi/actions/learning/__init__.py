"""Training models, letting them go live, and taking back what does worse."""
