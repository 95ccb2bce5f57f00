"""Models: their arrays come back bit for bit, one is live, and answers use it and are logged (D30)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cobi.config.settings import Settings
from cobi.domain.errors import Conflict, NotFound
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.recommendation import Wanted
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store import impressions, model_registry, models
from cobi.store.database import Database
from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id, full, interaction, minimal, upload, upload_all

STUDENT = parse_id(an_id("customers")) or b""
ARRAYS = {
    "empty": np.empty((0, 3), np.float64),
    "scalar": np.array(7, np.int32),
    "flags": np.array([True, False]),
    "weights": np.linspace(0, 1, 1000, dtype=np.float32).reshape(10, 100),
    "big-endian": np.arange(5, dtype=">i8"),
}


def test_arrays_of_any_shape_come_back_as_they_were(database: Database) -> None:
    version = database.write(lambda t: models.add(t.connection, {"recall": 0.5}, ARRAYS, NOON))
    with database.read() as connection:
        card, arrays = models.load(connection, version)
    assert card == {"recall": 0.5}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=name != "big-endian")


def test_an_array_larger_than_one_part_is_joined_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_PART_BYTES", 1000)
    version = database.write(lambda t: models.add(t.connection, {}, ARRAYS, NOON))
    with database.read() as connection:
        np.testing.assert_array_equal(models.load(connection, version)[1]["weights"], ARRAYS["weights"])


def test_exactly_one_model_is_live(database: Database) -> None:
    def add_and_go_live(transaction) -> int:
        version = models.add(transaction.connection, {}, {}, NOON)
        models.go_live(transaction.connection, version, NOON)
        return version

    first, second = database.write(add_and_go_live), database.write(add_and_go_live)
    with database.read() as connection:
        assert models.live_version(connection) == second
    database.write(lambda t: models.go_live(t.connection, first, NOON))
    with database.read() as connection:
        assert [(entry.version, entry.state.value) for entry in model_registry.page(connection, 9, None)] == [
            (second, "retired"),
            (first, "live"),
        ]


def test_training_without_offers_says_what_is_missing(service: Service) -> None:
    with pytest.raises(Conflict, match="no offers"):
        service.learning.train()


def test_an_answer_is_logged_as_it_was_sent(service: Service, database: Database) -> None:
    upload_all(service, count=3)
    upload(service, INTERACTIONS.name, interaction(item_id=an_id("offers", 2)))
    version = service.learning.train()["model_version"]
    [answer] = service.recommend(STUDENT, Wanted(limit=2))
    with database.read() as connection:
        logged = impressions.fetch(connection, [answer.recommendation_id])[answer.recommendation_id]
    assert (logged.model_version, logged.served, logged.candidates) == (version, NOON, 3)
    assert len(answer.items) == len(logged.items) == len(logged.scores) == 2
    assert (np.diff(logged.scores) <= 0).all()


def test_an_interaction_changes_the_next_answer_at_once(campus: Service) -> None:
    shops = [minimal("shops", number) for number in range(1, 6)]
    upload(campus, "shops", *shops)
    upload(campus, "offers", *(minimal("offers", n, shop_id=an_id("shops", n)) for n in range(1, 6)))
    upload(campus, "customers", *(minimal("customers", number) for number in range(1, 30)))
    seen = [
        interaction(student_id=an_id("customers", student), item_id=an_id("offers", offer))
        for student in range(1, 30)
        for offer in ((4, 5) if student % 3 == 0 else (1, 2))
    ]
    upload(campus, INTERACTIONS.name, *seen)
    campus.learning.train()

    def signals() -> set[str]:
        [answer] = campus.recommend(STUDENT, Wanted(explain=True))
        return {reason.signal.split(":")[0] for reasons in answer.reasons or () for reason in reasons}

    assert "OFFER" not in signals()
    upload(campus, INTERACTIONS.name, interaction(item_id=an_id("offers", 4)))
    assert "OFFER" in signals()


def test_d29_only_what_may_be_shown_now_is_shown(campus: Service, clock: SettableClock) -> None:
    def shown(**changes) -> bool:
        upload(campus, "offers", {**full("offers"), "allowed_days": None, **changes})
        return bool(campus.recommend(STUDENT, Wanted())[0].items)

    assert shown()
    assert not shown(is_enabled=False)
    assert shown(is_enabled=None)
    assert not shown(is_deleted=True)
    assert not shown(region="AE")
    assert shown(allowed_from="2026-06-15T12:00:00Z")
    assert not shown(allowed_from="2026-06-15T12:00:01Z")
    assert shown(allowed_to="2026-06-15T12:00:00Z")
    assert not shown(allowed_to="2026-06-15T11:59:59Z")
    assert shown(allowed_days="Monday")
    assert not shown(allowed_days="Tuesday,Sunday")
    clock.advance(11 * HOUR)
    assert not shown(allowed_days="Tuesday")
    clock.advance(HOUR)
    assert shown(allowed_days="Tuesday")
    clock.advance(-12 * HOUR)
    assert shown()
    for changes in ({"is_public": False}, {"is_deleted": True}):
        upload(campus, "shops", minimal("shops", **changes))
        assert not shown()
        upload(campus, "shops", minimal("shops", is_public=None, is_deleted=None))
        assert shown()


def test_d29_days_are_those_of_the_organisations_time_zone(settings: Settings, clock: SettableClock) -> None:
    registry = Registry(replace(settings, timezone="Asia/Bahrain"), clock)
    registry.create("Bahrain")
    service = registry.named("Bahrain")
    upload_all(service)
    upload(service, "offers", full("offers", allowed_days="Tuesday"))
    shown: list[int] = []
    for hours in (8, 9, 32, 33):
        clock.now = NOON + hours * HOUR
        shown.append(len(service.recommend(STUDENT, Wanted())[0].items))
    assert shown == [0, 1, 1, 0]
    registry.close()


def test_a_version_nobody_trained_cannot_go_live_and_the_live_one_stays(database: Database) -> None:
    version = database.write(lambda t: models.add(t.connection, {}, ARRAYS, NOON))
    database.write(lambda t: models.go_live(t.connection, version, NOON))
    with pytest.raises(NotFound):
        database.write(lambda t: models.go_live(t.connection, version + 1, NOON))
    with database.read() as connection:
        assert models.live_version(connection) == version


def test_a_model_of_an_older_format_is_as_good_as_none(campus: Service, database: Database) -> None:
    def add_and_go_live(transaction) -> None:
        models.go_live(
            transaction.connection, models.add(transaction.connection, {"format": 1}, ARRAYS, NOON), NOON
        )

    database.write(add_and_go_live)
    [answer] = campus.recommend(STUDENT, Wanted())
    assert answer.items
    assert campus.learning.train()["model_version"] == 2
