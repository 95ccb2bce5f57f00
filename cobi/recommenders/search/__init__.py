"""How the blend is chosen: what is held out, how a trial is judged, and the search over numbers and weights."""
