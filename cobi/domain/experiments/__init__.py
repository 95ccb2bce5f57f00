"""Experiments: which students are answered how, and what is measured of them."""
