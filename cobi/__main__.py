"""`python -m cobi` is the `cobi` command."""

from cobi.cli.app import main

main()
