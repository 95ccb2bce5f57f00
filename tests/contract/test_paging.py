"""Reading back page by page while others write (D11): nothing that was there is missed or comes twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import parse_moment
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service
from cobi.store.interactions import Filter
from tests.conftest import SHARED
from tests.factories import NOON, an_id, interaction, minimal, upload

Page = Callable[[str | None], dict[str, Any]]
THERE = 60


@contextmanager
def writing(write: Callable[[int], Any]) -> Generator[threading.Event]:
    """Another thread that writes until the test has read enough; the event is set at each write."""
    stop, wrote = threading.Event(), threading.Event()

    def run() -> None:
        for turn in count():
            if stop.is_set():
                return
            write(turn)
            wrote.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield wrote
    finally:
        stop.set()
        thread.join()


def read_all(page: Page, field: str, wrote: threading.Event) -> list[str]:
    """Every page, with a write between each and the next."""
    seen: list[str] = []
    cursor = None
    while True:
        wrote.clear()
        assert wrote.wait(60)
        answer = page(cursor)
        seen += [record[field] for record in answer["records"]]
        if (cursor := answer["next_cursor"]) is None:
            return seen


def test_uploaded_records_page_through_concurrent_uploads(service: Service) -> None:
    upload(service, "tags", *(minimal("tags", number) for number in range(THERE)))
    there = {an_id("tags", number) for number in range(THERE)}

    def write(turn: int) -> None:
        changed = minimal("tags", turn % THERE, name=f"changed {turn}")
        # New ones come at the end of the list, so that there must be an end of them.
        upload(service, "tags", minimal("tags", THERE + min(turn, THERE)), changed)

    with writing(write) as wrote:
        seen = read_all(lambda cursor: service.read_page(RECORD_TYPES["tags"], 9, cursor), "tag_id", wrote)
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


@pytest.mark.parametrize(
    "wanted", [{}, {"student_id": parse_id(an_id("customers"))}, {"item_type": ItemType.OFFER}]
)
def test_interactions_page_through_concurrent_uploads_of_newer_and_older_ones(
    campus: Service, wanted: dict[str, Any]
) -> None:
    now = NOON // 1000
    upload(campus, "user-interactions", *(interaction(event_timestamp=now - 10 * n) for n in range(THERE)))
    there = {record["interaction_id"] for record in campus.read_interactions(Filter(), 1000, None)["records"]}

    def write(turn: int) -> None:
        records = [interaction(event_timestamp=now + 1 + turn)]
        # Only so many, for each lengthens what is still to be read.
        if turn < THERE:
            records.append(interaction(event_timestamp=now - 5 - 10 * turn, city="late"))
        upload(campus, "user-interactions", *records)

    with writing(write) as wrote:
        seen = read_all(
            lambda cursor: campus.read_interactions(Filter(**wanted), 9, cursor), "interaction_id", wrote
        )
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, reverse=True)
    assert there <= set(seen)


def test_a_list_that_ends_has_everything_that_was_there_when_it_began(campus: Service) -> None:
    sent = [interaction(event_timestamp=NOON // 1000 - n) for n in range(THERE)]
    upload(campus, "user-interactions", *sent)
    seen: list[str] = []
    cursor = None
    for turn in count():
        page = campus.read_interactions(Filter(), 9, cursor)
        seen += [record["event_timestamp"] for record in page["records"]]
        if (cursor := page["next_cursor"]) is None:
            break
        upload(campus, "user-interactions", interaction(event_timestamp=NOON // 1000 + 1 + turn))
    assert len(seen) == len(set(seen)) == THERE


MOMENTS = st.integers(NOON - 5000, NOON + 5000)


@SHARED
@given(st.lists(MOMENTS, min_size=1, max_size=20), MOMENTS, MOMENTS)
def test_a_window_of_time_holds_what_lies_in_it_to_the_microsecond(
    campus: Service, moments: list[int], since: int, until: int
) -> None:
    upload(campus, "user-interactions", *(interaction(event_timestamp=moment) for moment in moments))
    everything = campus.read_interactions(Filter(), 1000, None)["records"]
    found = campus.read_interactions(Filter(since=since, until=until), 1000, None)["records"]
    stamps = {record["interaction_id"] for record in everything if since <= stamp(record) < until}
    assert {record["interaction_id"] for record in found} == stamps


def stamp(record: dict[str, Any]) -> int:
    moment = parse_moment(record["event_timestamp"])
    assert moment is not None
    return moment
