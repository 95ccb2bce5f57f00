"""The log of answers keeps all that was told in few bytes, and what came into view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY
from cobi.domain.recommendation import Wanted
from cobi.domain.signature import Signature
from cobi.service.service import Service
from cobi.store import impressions
from cobi.store.database import Database
from cobi.store.dialect import is_sqlite, run
from cobi.store.impressions import Circumstances, Impression
from tests.conftest import SHARED
from tests.contract.test_attribution import STUDENTS
from tests.factories import NOON, minimal, upload

KEYS = st.integers(1, 2**40)


@st.composite
def answers(draw: st.DrawFn) -> Impression:
    items = draw(st.lists(KEYS, max_size=12, unique=True))
    size = len(items)
    chances = st.floats(0, 1, width=32, exclude_min=True)
    return Impression(
        Signature(b"s", NOON).new_id(NOON + draw(st.integers(0, DAY))),
        NOON,
        draw(st.none() | KEYS),
        draw(st.none() | KEYS),
        draw(st.integers(0, 9)),
        "ranked",
        draw(st.none() | st.sampled_from(["a", "b/2"])),
        draw(st.integers(0, 2**48 - 1)),
        draw(st.sampled_from(ItemType)),
        draw(st.integers(0, 2**31 - 1)),
        np.array(items, np.int64),
        np.array(
            draw(st.lists(st.floats(width=32, allow_nan=False), min_size=size, max_size=size)), np.float32
        ),
        np.array(draw(st.lists(chances, min_size=size, max_size=size)), np.float32),
        Circumstances(
            settings=draw(st.none() | st.integers(1, 9)),
            regions=draw(st.none() | st.sampled_from([("BH",), ("AE", "KW")])),
            limit=draw(st.none() | st.integers(1, 100)),
            offset=draw(st.integers(0, 1000)),
            excluded=tuple(draw(st.lists(KEYS, max_size=5))),
            platform=draw(st.none() | st.integers(1, 4)),
            city=draw(st.none() | st.just("Manama")),
        ),
    )


@settings(SHARED, max_examples=40)
@given(answers())
def test_an_answer_is_read_as_it_was_written(database: Database, answer: Impression) -> None:
    database.write(lambda transaction: impressions.add(transaction.connection, [answer]))
    with database.read() as connection:
        [read] = impressions.fetch(connection, [answer.recommendation_id]).values()
    for name in ("items", "scores", "propensities"):
        assert np.array_equal(getattr(read, name), getattr(answer, name))
    plain = [
        name for name in Impression.__dataclass_fields__ if name not in ("items", "scores", "propensities")
    ]
    assert [getattr(read, name) for name in plain] == [getattr(answer, name) for name in plain]


def test_an_answer_of_ten_offers_takes_at_most_250_bytes(service: Service, database: Database) -> None:
    number, drawn = 2000, np.linspace(0.1, 0.9, 10, dtype=np.float32)
    circumstances = Circumstances(1, 1234, 57, ("BH",), 10, platform=1, city="Manama")
    signature, ten = Signature(b"s", NOON), np.arange(20_000, 20_010)
    before = _bytes(database)
    answers = [
        Impression(
            signature.new_id(NOON + at * 500),
            NOON + at * 500,
            250_000 + at,
            None,
            12,
            "ranked",
            None,
            0,
            ItemType.OFFER,
            18_000,
            ten,
            drawn,
            drawn,
            circumstances,
        )
        for at in range(number)
    ]
    answers = [replace(one, seed=impressions.seed_of(one.recommendation_id)) for one in answers]
    database.write(lambda transaction: impressions.add(transaction.connection, answers))
    with database.read() as connection:
        assert len(impressions.fetch(connection, [one.recommendation_id for one in answers])) == number
    assert (_bytes(database) - before) / number <= 250


def _bytes(database: Database) -> int:
    """What the answers take: in SQLite with their index, as pages filled to the brim."""
    with database.engine.connect() as connection:
        if is_sqlite(connection):
            run(connection, "VACUUM")
            return 4096 * run(connection, "PRAGMA page_count").fetchone()[0]
        size = "SELECT coalesce(sum(pg_column_size(one)), 0) FROM recommendations AS one"
        return int(connection.exec_driver_sql(size).scalar() or 0)


def test_what_came_into_view_is_kept_for_any_place_of_a_list(campus: Service, database: Database) -> None:
    upload(campus, "offers", *(minimal("offers", number) for number in range(100)))
    [answer] = campus.recommend(STUDENTS[0], Wanted(limit=100))
    for places in ([100], [1, 2, 63, 64, 65]):
        campus.answers.view(answer.recommendation_id, {"positions": places})
    with database.read() as connection:
        [read] = impressions.fetch(connection, [answer.recommendation_id]).values()
    assert read.viewed == (1, 2, 63, 64, 65, 100)


def test_the_next_answer_follows_a_setting(campus: Service) -> None:
    campus.recommend(STUDENTS[0], Wanted())
    campus.settings.change({"most_per_shop": 3})
    campus.recommend(STUDENTS[0], Wanted())
    shelf = campus._shelves._shelf
    assert shelf is not None
    assert shelf.settings["most_per_shop"] == 3
