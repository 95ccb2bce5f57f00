"""The `cobi` command: parse, call, print."""
