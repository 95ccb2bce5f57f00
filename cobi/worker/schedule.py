"""Trainings that nobody asks for: so many hours after the last one, or after so many interactions."""

from __future__ import annotations

from contextlib import suppress

from cobi.domain.errors import Overloaded, StorageUnavailable
from cobi.service.registry import Registry

EVERY_SECONDS = 60.0


def look(registry: Registry) -> None:
    """Ask for the trainings that are due; whichever server process does so first does it for all.

    Only organisations that somebody has called for here: of the others there is nothing new to learn.
    """
    for service in registry.opened():
        # One whose database cannot be used is looked at again in a minute.
        with suppress(StorageUnavailable, Overloaded):
            service.training.request_if_due()
