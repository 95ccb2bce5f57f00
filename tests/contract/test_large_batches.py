"""Batches of the largest size go through each driver's bulk path, for every type."""

from __future__ import annotations

import pytest

from cobi.domain.batch import MAX_RECORDS
from cobi.service.service import Service
from tests.factories import NOON, TYPES, an_id, full, interaction, minimal, upload, upload_all


@pytest.mark.parametrize("kind", TYPES)
def test_five_thousand_records_are_stored_changed_and_recognised(service: Service, kind: str) -> None:
    upload_all(service)
    first = upload(service, kind, *(full(kind, number) for number in range(MAX_RECORDS)))
    assert (first.stored, first.rejected) == (MAX_RECORDS, 0)
    again = [full(kind, number) for number in range(MAX_RECORDS - 50)]
    changed = [full(kind, number, created="2026-01-01") for number in range(MAX_RECORDS - 50, MAX_RECORDS)]
    second = upload(service, kind, *again, *changed)
    assert (second.stored, second.unchanged) == (50, MAX_RECORDS - 50)


def test_five_thousand_interactions_are_stored_once(service: Service) -> None:
    upload_all(service)
    sent = [interaction(event_timestamp=NOON // 1_000_000 - second) for second in range(MAX_RECORDS)]
    assert upload(service, "user-interactions", *sent).stored == MAX_RECORDS
    assert upload(service, "user-interactions", *sent).unchanged == MAX_RECORDS


def test_five_thousand_records_with_unknown_references_are_all_refused(service: Service) -> None:
    sent = [minimal("offers", number, shop_id=an_id("shops", number)) for number in range(MAX_RECORDS)]
    result = upload(service, "offers", *sent)
    assert (result.status, result.rejected) == ("error", MAX_RECORDS)
