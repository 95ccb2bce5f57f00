"""Counting what happens, in every process, for whoever asks any of them."""
