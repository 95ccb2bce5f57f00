"""Answers over HTTP: how many, how soon, at what price, and how soon an interaction changes them."""
