"""The busiest requests, answered without the framework's detours: as it would, and sooner.

Whatever is unusual about a request (another path, no length, a large body) is left to the framework.
"""
