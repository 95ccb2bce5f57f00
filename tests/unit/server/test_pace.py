"""A server does not search what its modules consist of for garbage while somebody waits."""

from __future__ import annotations

import gc

from cobi.server import pace


def test_what_is_there_before_the_first_request_is_never_searched_again() -> None:
    before = gc.get_freeze_count()
    try:
        pace.settle()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects(generation=2)) < gc.get_freeze_count()
    finally:
        gc.unfreeze()
