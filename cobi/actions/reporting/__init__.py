"""What people do with a report: compare it, look at the rows behind it, take it away as a file."""
