"""How good the recommendations are, on sets with a known answer."""
