"""A seeded campus marketplace with hidden tastes, to show and to judge recommendations on."""
