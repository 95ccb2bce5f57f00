"""Quarantine keeps as long and as much as the settings say; what goes is counted (D6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cobi.config.settings import Settings
from cobi.domain.moments import DAY
from cobi.domain.quarantine import EVERYTHING, Selection
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.factories import minimal, upload


@pytest.fixture
def registry(settings: Settings, clock: SettableClock) -> Iterator[Registry]:
    registry = Registry(replace(settings, quarantine_days=10, quarantine_records=5), clock)
    yield registry
    registry.close()


def refuse(service: Service, *numbers: int) -> None:
    upload(service, "tags", *(minimal("tags", number, name="") for number in numbers))


def numbers(service: Service) -> list[int]:
    return [record["index"] for record in service.refused(EVERYTHING, 100, None)["records"]]


def left(service: Service) -> dict[str, int]:
    return {fate: n for fate, n in service.refused(EVERYTHING, 1, None)["left"].items() if n}


def test_when_it_is_full_the_oldest_go_and_are_counted(service: Service) -> None:
    refuse(service, *range(3))
    refuse(service, *range(4))
    assert (numbers(service), left(service)) == ([0, 1, 2, 3], {})
    refuse(service, *range(8))
    assert (numbers(service), left(service)) == ([3, 4, 5, 6, 7], {"overflowed": 3})


def test_what_is_too_old_goes_with_the_next_look_and_is_counted(
    service: Service, clock: SettableClock
) -> None:
    refuse(service, 0, 1)
    clock.advance(6 * DAY)
    refuse(service, 0)
    clock.advance(5 * DAY)
    assert (numbers(service), left(service)) == ([0], {"expired": 1})


def test_dropping_takes_what_is_meant_and_counts_it(service: Service) -> None:
    refuse(service, 0, 1)
    upload(service, "keywords", minimal("keywords", name=""))
    assert service.drop_refused(Selection("tags"), dry_run=True)["dropped"] == 2
    assert service.drop_refused(Selection("tags"))["dropped"] == 2
    found = service.refused(EVERYTHING, 10, None)
    assert [record["type"] for record in found["records"]] == ["keywords"]
    assert left(service) == {"dropped": 2}


def test_all_that_was_ever_refused_is_accounted_for(service: Service, clock: SettableClock) -> None:
    for first in range(0, 12, 3):
        refuse(service, first, first + 1, first + 2)
        clock.advance(4 * DAY)
    service.drop_refused(Selection(ids=frozenset()))
    found = service.refused(EVERYTHING, 10, None)
    assert len(found["records"]) + sum(found["left"].values()) == 12
