"""What `make check` runs; `python -m checks` runs it all."""
