"""The register of models: candidates, promotion, going back, and what is kept of each."""

from __future__ import annotations

import pytest

from cobi.domain.errors import Conflict, NotFound
from cobi.domain.identifiers import parse_id
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from cobi.store import model_registry, models
from cobi.store.database import Database
from cobi.store.models import Origin
from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id
from tests.marketplace import marketplace

STUDENT = parse_id(an_id("customers")) or b""
HAND = {"by": "test", "reason": "a test"}


@pytest.fixture
def market(service: Service) -> Service:
    marketplace(service)
    return service


def states(service: Service) -> dict[int, str]:
    return {model["version"]: model["state"] for model in service.models.list()["models"]}


def answering(service: Service, database: Database) -> int:
    with database.read() as connection:
        version = models.live_version(connection)
    assert service.recommend(STUDENT, Wanted())
    return version or 0


def test_the_first_model_goes_live_and_says_why(market: Service) -> None:
    card = market.learning.train()
    assert (card["model_version"], card["state"]) == (1, "live")
    first = market.models.read(1)
    assert first["card"]["first"]
    assert [(event["event"], event["by"]) for event in first["history"]] == [
        ("trained", "library"),
        ("promoted", "library"),
    ]
    assert "none to compare" in first["history"][-1]["reason"]


def test_an_incremental_training_keeps_the_live_models_tuning_and_learns_what_is_new(market: Service) -> None:
    with pytest.raises(Conflict) as refused:
        market.learning.train(incremental=True)
    assert refused.value.code == "nothing_to_keep"
    first = market.learning.train(seed=5)
    card = market.learning.train(incremental=True)
    assert (card["model_version"], card["seed"]) == (2, 5)
    for kept in ("settings", "scale"):
        assert card[kept] == first[kept]
    assert card["figures"] == first["figures"]


def test_a_later_model_is_a_candidate_and_does_not_answer(market: Service, database: Database) -> None:
    market.learning.train()
    card = market.learning.train(by="cobi train")
    assert card["state"] == "candidate"
    assert card["decision"]["verdict"] == "not_enough_evidence"
    assert states(market) == {2: "candidate", 1: "live"}
    assert answering(market, database) == 1
    second = market.models.read(2)
    assert (second["parent"], second["trained_by"], second["verdict"]) == (
        1,
        "cobi train",
        "not_enough_evidence",
    )
    assert second["seconds"] > 0
    assert second["peak_memory"] > 1024 * 1024
    assert second["recipe"]["entries_per_signal"] == 200


def test_a_model_asked_to_go_live_does_without_a_comparison(market: Service, database: Database) -> None:
    market.learning.train()
    card = market.learning.train(promote=True)
    assert (card["state"], "decision" in card) == ("live", False)
    assert answering(market, database) == 2
    assert "without a comparison" in market.models.read(2)["history"][-1]["reason"]


def test_promoting_and_going_back_are_kept_with_who_and_why(market: Service, clock: SettableClock) -> None:
    market.learning.train()
    market.learning.train()
    clock.advance(HOUR)
    promoted = market.models.promote(2, by="ada", reason="looks good")
    assert (promoted["state"], promoted["went_live"]) == ("live", "2026-06-15T13:00:00Z")
    assert market.models.promote(2, by="ada", reason="again")["history"] == promoted["history"]
    assert states(market) == {2: "live", 1: "retired"}
    done = market.models.roll_back(by="bob", reason="it was not")
    assert done == {"live": 1, "rolled_back": 2, "reason": "it was not"}
    assert states(market) == {2: "rolled_back", 1: "live"}
    history = market.models.read(2)["history"]
    assert [(event["event"], event["by"], event["reason"]) for event in history[1:]] == [
        ("promoted", "ada", "looks good"),
        ("rolled_back", "bob", "it was not"),
    ]


def test_there_is_nothing_to_go_back_to_before_the_second_model(market: Service) -> None:
    for _ in range(2):
        with pytest.raises(Conflict, match="no earlier model"):
            market.models.roll_back(**HAND)
        market.learning.train()


def test_a_model_that_was_rolled_back_is_not_gone_back_to(market: Service) -> None:
    for _ in range(3):
        market.learning.train(promote=True)
    assert market.models.roll_back(**HAND)["live"] == 2
    assert market.models.roll_back(**HAND)["live"] == 1
    with pytest.raises(Conflict, match="no earlier model"):
        market.models.roll_back(**HAND)
    assert market.models.promote(3, **HAND)["state"] == "live"


def test_a_version_that_is_not_there_is_not_found(market: Service) -> None:
    for ask in (
        lambda: market.models.read(1),
        lambda: market.models.verify(1),
        lambda: market.models.compare(1, 2),
        lambda: market.models.promote(1, **HAND),
    ):
        with pytest.raises(NotFound, match="no model version 1"):
            ask()


def test_two_models_are_put_side_by_side(market: Service) -> None:
    market.learning.train()
    market.learning.train(seed=5)
    market.recommend(STUDENT, Wanted())
    found = market.models.compare(1, 2)
    assert {"path": "seed", "a": 0, "b": 5} in found["differences"]
    assert (found["a"]["served"]["answers"], found["b"]["served"]) == (1, None)
    assert [decision["version"] for decision in found["decisions"]] == [2]


def test_what_cannot_answer_cannot_go_live(market: Service, database: Database) -> None:
    market.learning.train()
    for _ in range(2):
        market.learning.train()

    def spoil(transaction) -> int:
        model_registry.prune(transaction.connection, 2, NOON)
        older = models.add(transaction.connection, {"format": 1}, {}, NOON, Origin())
        failed = models.add(transaction.connection, {}, {}, NOON, Origin(), models.ModelState.FAILED)
        assert (older, failed) == (4, 5)
        return older

    database.write(spoil)
    for version, why in ((2, "let go of"), (4, "another version of Cobi"), (5, "failed")):
        with pytest.raises(Conflict, match=why):
            market.models.promote(version, **HAND)
    assert market.models.promote(3, **HAND)["state"] == "live"
    with pytest.raises(Conflict, match="nothing was decided"):
        market.models.verify(1)


def test_pages_of_models_follow_each_other(market: Service) -> None:
    for _ in range(3):
        market.learning.train(promote=True)
    first = market.models.list(limit=2)
    rest = market.models.list(limit=2, cursor=first["next_cursor"])
    assert [model["version"] for model in first["models"] + rest["models"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
