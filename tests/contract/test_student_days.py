"""What students did is packed by day in the background, and who did something is exact at any moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from cobi.domain.identifiers import parse_id
from cobi.domain.moments import DAY, SECOND
from cobi.service.service import Service
from cobi.store.student_days.packing import DEED, SUM
from cobi.store.student_days.reading import _as_packed
from cobi.store.student_days.tables import ALL_ITEMS, student_days
from tests.conftest import SettableClock
from tests.factories import NOON, an_id, interaction, minimal, upload

THEN = NOON - 3 * DAY


def act(service: Service, student: int, moment: int = THEN, **more: Any) -> None:
    who = {"student_id": None if "user_id" in more else an_id("customers", student)}
    sent = interaction(event_timestamp=moment // SECOND, **who, **more)
    assert upload(service, "user-interactions", sent).status == "success"


def members(service: Service, **did: Any) -> int:
    return service.segments.preview({"rule": {"did": did}, "count_only": True})["members"]


def packed_days(service: Service) -> list[int]:
    with service._core.reading() as connection:
        return _as_packed(connection, None)


def keys_in_packs(service: Service) -> set[int]:
    with service._core.reading() as connection:
        rows = connection.execute(select(student_days.c.item_type, student_days.c.deeds)).all()
    kinds = {True: SUM, False: DEED}
    return {
        int(key) for kind, deeds in rows for key in np.frombuffer(deeds, kinds[kind == ALL_ITEMS])["student"]
    }


@pytest.fixture
def packed(campus: Service) -> Service:
    """Students 0 and 1 did something three days ago, which is packed."""
    upload(campus, "customers", *(minimal("customers", number) for number in range(4)))
    for student in (0, 1, 1):
        act(campus, student, THEN + student * SECOND, interaction_type="PAGE_VIEW")
    act(campus, 1, THEN + 9 * SECOND, interaction_type="SHARE")
    campus.catalogue.count()
    assert packed_days(campus) == [THEN // DAY]
    return campus


def test_packs_tell_who_did_what_with_which_item_and_since_when(packed: Service) -> None:
    offer = [an_id("offers")]
    assert members(packed) == members(packed, offers=offer) == members(packed, within_days=3) == 2
    assert members(packed, at_least=2) == members(packed, offers=offer, at_least=2) == 1
    assert members(packed, types=["SHARE"]) == members(packed, types=["SHARE"], shops=[an_id("shops")]) == 1
    assert members(packed, within_days=2) == members(packed, types=["DISCOUNT_CODE"]) == 0


def test_a_day_that_a_window_cuts_is_counted_by_its_moments(packed: Service, clock: SettableClock) -> None:
    clock.now = NOON + 5 * SECOND
    assert members(packed, within_days=3) == members(packed, within_days=3, offers=[an_id("offers")]) == 1


def test_what_comes_late_counts_at_once_and_is_packed_with_the_next_count(packed: Service) -> None:
    act(packed, 2)
    assert members(packed) == members(packed, offers=[an_id("offers")]) == 3
    assert packed_days(packed) == []
    packed.catalogue.count()
    assert (packed_days(packed), members(packed)) == ([THEN // DAY], 3)


def test_what_turns_out_to_be_of_a_student_counts_at_once(packed: Service) -> None:
    pseudonym = minimal("customers", 9)["user_id"]
    act(packed, 9, user_id=pseudonym)
    packed.catalogue.count()
    assert members(packed) == 2
    upload(packed, "customers", minimal("customers", 9))
    assert members(packed) == members(packed, offers=[an_id("offers")]) == 3


def test_the_packs_of_an_erased_student_are_gone_with_them(packed: Service) -> None:
    act(packed, 2, THEN - DAY)
    packed.catalogue.count()
    before = keys_in_packs(packed)
    packed.erase(parse_id(an_id("customers", 1)) or b"")
    assert len(before) == 3
    assert len(keys_in_packs(packed)) == 1
    assert members(packed) == 2
    packed.catalogue.count()
    assert (len(keys_in_packs(packed)), members(packed), len(packed_days(packed))) == (2, 2, 2)


def test_a_day_is_packed_once_it_has_ended_though_nothing_more_comes(
    packed: Service, clock: SettableClock
) -> None:
    act(packed, 2, NOON)
    packed.catalogue.count()
    assert not packed.catalogue.count()
    assert packed_days(packed) == [THEN // DAY]
    clock.now = NOON + DAY
    assert packed.catalogue.count()
    assert packed_days(packed) == [THEN // DAY, NOON // DAY]
    assert members(packed) == 3


def test_only_days_that_have_ended_are_packed(packed: Service) -> None:
    act(packed, 2, NOON)
    packed.catalogue.count()
    with packed._core.reading() as connection:
        assert connection.scalar(select(func.max(student_days.c.day))) == THEN // DAY
