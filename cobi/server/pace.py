"""How the interpreter shares a server process between its threads, and how often it looks for garbage."""

from __future__ import annotations

import gc
import sys

_SWITCH_SECONDS = 0.0003
"""The writer comes back from each statement to threads that decode: the usual 5 ms would be most of its time."""

_ALLOCATIONS = 50_000
"""A batch is some ten thousand objects that live a moment and hold no cycles; the usual 700 searches them in vain."""


def settle() -> None:
    """Never search again for garbage among what is there before the first request: what modules consist of.

    To search it takes a tenth of a second, while which nobody is answered.
    """
    gc.collect()
    gc.freeze()


def configure() -> None:
    """Set both for this process."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(_ALLOCATIONS, 20, 20)
