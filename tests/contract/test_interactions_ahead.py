"""What is done for a batch of interactions ahead of its turn changes nothing of what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.actions.ingesting import interact_ahead
from cobi.actions.ingesting.interact_ahead import Ahead
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import SECOND
from cobi.domain.records import CUSTOMERS
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.interactions import Filter
from tests.conftest import SHARED
from tests.contract.test_writer import PATIENCE, hold
from tests.factories import NOON, TYPES, an_id, bodies, interaction, minimal, upload, upload_all

MANY = interact_ahead.FEWEST
ALWAYS, NEVER = 1, 10**9
STRANGER = an_id("pseudonyms", 1)

Prepared = list[Ahead | None]


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """What was made ready ahead, request by request."""
    noted: Prepared = []

    def noting(*given: Any) -> Ahead | None:
        noted.append(prepare(*given))
        return noted[-1]

    prepare = interact_ahead.prepare
    monkeypatch.setattr(interact_ahead, "prepare", noting)
    return noted


def batch(**changes: Any) -> list[dict[str, Any]]:
    return [interaction(event_timestamp=NOON // SECOND - second, **changes) for second in range(MANY)]


def begin(service: Service, kind: str, *records: Any) -> Future[Any]:
    if kind == INTERACTIONS.name:
        return service.begin_interacting(bodies(records), "later")
    return service.begin_uploading(CUSTOMERS, bodies(records), "later")


def meanwhile(database: Database, *begun: Callable[[], Future[Any]]) -> list[Any]:
    """What becomes of writes that all have been read before the first of them is stored."""
    release = hold(database._writer)
    futures = [begin() for begin in begun]
    release()
    return [future.result(PATIENCE) for future in futures]


def codes(recorded: Any) -> set[str]:
    return {problem.code for one in recorded.result.rejections for problem in one.problems}


def owners(service: Service) -> set[str | None]:
    return {row["student_id"] for row in service.read_interactions(Filter(), 1000, None)["records"]}


def test_a_large_batch_is_made_ready_while_others_write(campus: Service, prepared: Prepared) -> None:
    assert upload(campus, INTERACTIONS.name, *batch()).stored == MANY
    assert upload(campus, INTERACTIONS.name, *batch(), *batch(city="Manama")).stored == MANY
    assert upload(campus, INTERACTIONS.name, interaction(city="Riffa")).stored == 1
    assert [one is not None for one in prepared] == [True, True, False]


def test_a_student_deleted_in_between_is_unknown(
    campus: Service, database: Database, prepared: Prepared
) -> None:
    gone, late = meanwhile(
        database,
        lambda: begin(campus, "customers", minimal("customers", is_deleted=True)),
        lambda: begin(campus, INTERACTIONS.name, *batch()),
    )
    assert gone.stored == 1
    assert prepared[-1] is not None
    assert (late.result.stored, codes(late)) == (0, {"unknown_student"})


def test_a_student_deleted_by_another_process_in_between_is_unknown(
    campus: Service, registry: Registry, database: Database, prepared: Prepared
) -> None:
    elsewhere = Registry(registry.settings, lambda: NOON)
    neighbour = elsewhere.named("campus")
    release = hold(database._writer)
    late = begin(campus, INTERACTIONS.name, *batch())
    gone = begin(neighbour, "customers", minimal("customers", is_deleted=True))
    # Behind everything: the held write, and the deletion that waits for its turn in the other process.
    later = begin(campus, INTERACTIONS.name, *batch(city="Manama"))
    release()
    assert gone.result(PATIENCE).stored == 1
    assert prepared[0] is not None
    for one in (late.result(PATIENCE), later.result(PATIENCE)):
        assert one.result.stored == MANY or codes(one) == {"unknown_student"}
    after = begin(campus, INTERACTIONS.name, *batch(city="Riffa")).result(PATIENCE)
    assert codes(after) == {"unknown_student"}
    elsewhere.close()


def test_a_pseudonym_whose_student_arrives_in_between_is_theirs(
    campus: Service, database: Database, prepared: Prepared
) -> None:
    anonymous = [dict(one, student_id=None, user_id=STRANGER) for one in batch()]
    assert upload(campus, INTERACTIONS.name, *anonymous).stored == MANY
    again = [{**one, "city": "Manama"} for one in anonymous]
    _, late = meanwhile(
        database,
        lambda: begin(campus, "customers", minimal("customers", 1)),
        lambda: begin(campus, INTERACTIONS.name, *again),
    )
    assert prepared[-1] is not None
    assert late.result.stored == MANY
    assert owners(campus) == {an_id("customers", 1)}


def test_a_pseudonym_two_batches_at_once_see_first_gets_one_key(
    campus: Service, database: Database, prepared: Prepared
) -> None:
    first, second = (
        [dict(one, student_id=None, user_id=STRANGER) for one in batch(city=city)]
        for city in ("Manama", "Riffa")
    )
    both = meanwhile(
        database,
        lambda: begin(campus, INTERACTIONS.name, *first, *batch()),
        lambda: begin(campus, INTERACTIONS.name, *second, *batch()),
    )
    assert all(prepared)
    assert [one.result.stored for one in both] == [2 * MANY, MANY]
    upload(campus, "customers", minimal("customers", 1))
    mine = campus.read_interactions(Filter(bytes.fromhex(an_id("customers", 1).replace("-", ""))), 1000, None)
    assert len(mine["records"]) == 2 * MANY


def test_the_same_batch_twice_at_once_is_stored_once(
    campus: Service, database: Database, prepared: Prepared
) -> None:
    both = meanwhile(database, *[lambda: begin(campus, INTERACTIONS.name, *batch(source="COBI"))] * 2)
    assert all(prepared)
    assert [(one.result.stored, one.result.unchanged) for one in both] == [(MANY, 0), (0, MANY)]
    assert [sum(one.outcomes.values()) for one in both] == [MANY, 0]


NUMBERS = st.integers(0, 3)
EVENTS = st.fixed_dictionaries(
    {
        "event_timestamp": st.integers(1, 3).map(lambda second: NOON // SECOND - second),
        "student_id": st.none() | NUMBERS.map(lambda number: an_id("customers", number)),
        "user_id": st.none() | NUMBERS.map(lambda number: an_id("pseudonyms", number)) | st.just("app-7"),
        "item_id": st.sampled_from([0, 0, 0, 1]).map(lambda number: an_id("offers", number)),
        "source": st.sampled_from([None, None, "COBI"]),
    }
)
STUDENTS = st.builds(
    lambda number, pseudonym, deleted: minimal(
        "customers", number, user_id=an_id("pseudonyms", pseudonym), is_deleted=deleted
    ),
    NUMBERS,
    NUMBERS,
    st.booleans(),
)
STEPS = st.lists(
    st.lists(EVENTS, min_size=1, max_size=8).map(lambda events: (INTERACTIONS.name, events))
    | st.lists(STUDENTS, min_size=1, max_size=3).map(lambda students: ("customers", students)),
    min_size=1,
    max_size=8,
)


def test_whatever_is_sent_comes_to_the_same(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {"ahead": ALWAYS, "in-turn": NEVER}
    services: dict[str, Service] = {}
    for name in ways:
        registry.create(name)
        services[name] = registry.named(name)
        upload_all(services[name], [kind for kind in TYPES if kind in ("shops", "offers")])

    def send(name: str, kind: str, records: list[dict[str, Any]]) -> Any:
        monkeypatch.setattr(interact_ahead, "FEWEST", ways[name])
        sent = [interaction(**one) for one in records] if kind == INTERACTIONS.name else records
        result = upload(services[name], kind, *sent, request_id="one")
        told = [(one.index, [problem.code for problem in one.problems]) for one in result.rejections]
        return result.stored, result.unchanged, told

    @SHARED
    @given(STEPS)
    def same(steps: list[tuple[str, list[dict[str, Any]]]]) -> None:
        for step in steps:
            ahead, in_turn = (send(name, *step) for name in ways)
            assert ahead == in_turn
        ahead, in_turn = (
            each.read_interactions(Filter(), 1000, None)["records"] for each in services.values()
        )
        assert ahead == in_turn

    same()
