from __future__ import annotations

import pytest

from cobi.simulation.campus import SMALL
from cobi.simulation.world import World, make_world

NOON = 1_718_020_800_000_000  # Monday 10 June 2024, 12:00 UTC


@pytest.fixture(scope="session")
def now() -> int:
    return NOON


@pytest.fixture(scope="session")
def world(now: int) -> World:
    return make_world(SMALL, seed=7, now=now)
