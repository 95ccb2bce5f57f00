"""Pages for people: server-rendered, each a Context made of what the API answers too, and a template."""
