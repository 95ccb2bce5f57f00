"""The HTTP door: decode, authorise, call the service, encode."""
