"""Taking in what is sent: records and interactions, one or many a request, each stored, unchanged or refused."""
