"""All SQL is here: one organisation's database, on SQLite or PostgreSQL."""
