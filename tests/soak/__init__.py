"""Long runs that try to break Cobi: `make soak`; of each a short one is among the tests."""
