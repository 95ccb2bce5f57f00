"""Models: what is shown of versions and trainings, and what may be done with them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.dashboard.models import version
from cobi.dashboard.models.figures import figures
from cobi.dashboard.models.training import jobs
from cobi.domain.identifiers import parse_id
from cobi.domain.moments import DAY, format_moment
from cobi.server.application import create_application
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import CAMPUS
from tests.dashboard.conftest import Person
from tests.factories import NOON
from tests.marketplace import marketplace

WAITING = {
    "job_id": "01901f7c-0000-7000-8000-000000000001",
    "state": "running",
    "progress": 0.314,
    "message": "tuning",
    "requested_by": "key abc",
    "requested": "2026-06-15T12:00:00Z",
    "started": None,
    "ended": None,
    "model_version": None,
    "reason": None,
}


@pytest.fixture
def two(service: Service) -> Service:
    """A live model 1 and a candidate 2."""
    marketplace(service)
    service.learning.train()
    service.learning.train()
    return service


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    """Trainings are asked for and begin no process."""
    monkeypatch.setattr(service.training, "_starter", lambda *_: None)


def token(person: Person) -> str:
    [found] = re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/models").text)
    return found


def reader(person: Person, service: Service, registry: Registry) -> Person:
    """The same browser, signed in with a key that may only read."""
    person.sign_in(registry.create_key(CAMPUS, frozenset({"report"})))
    return person


def test_without_a_model_the_page_says_how_to_make_one(person: Person) -> None:
    html = person.get("/models").text
    assert "No model has been trained yet" in html
    assert "cobi train --org campus" in html


def test_versions_have_their_state_and_the_gates_verdict_in_words(person: Person, two: Service) -> None:
    html = person.get("/models").text
    assert [word in html for word in (">live<", ">candidate<", ">not enough evidence<")] == [True] * 3
    assert "could be tested" in html
    assert 'href="/models/2/promote"' in html
    assert 'href="/models/1/promote"' not in html


def test_a_version_tells_its_parts_its_decision_and_its_history(person: Person, two: Service) -> None:
    html = person.get("/models/2").text
    decision = two.models.read(2)["decisions"][-1]
    for told in (*decision["reasons"], decision["digest"], "cobi models verify --org campus 2", "popularity"):
        assert told in html


def test_each_part_has_its_worth_and_what_it_brings_with_intervals(two: Service) -> None:
    told = two.models.read(2)
    told["figures"] = {
        "alone": {"hop": 0.2, "own": 0.05},
        "alone_interval": {"hop": 0.011, "own": 0.01},
        "brings": {"hop": 0.004},
        "brings_interval": {"hop": 0.0015},
    }
    told["card"]["settings"]["weights"] = {"hop": 1.0}
    parts = version.context(told, CAMPUS, may_change=False).parts
    assert [(part.name, part.alone, part.brings) for part in parts] == [
        ("hop", "0.2000 ± 0.0110", "+0.0040 ± 0.0015"),
        ("own", "0.0500 ± 0.0100", "–"),
    ]
    of_before = {name: told["figures"][name] for name in ("alone", "brings")}
    parts = version.context(told | {"figures": of_before}, CAMPUS, may_change=False).parts
    assert (parts[0].alone, parts[0].brings) == ("0.2000", "+0.0040")


def test_two_versions_are_compared(person: Person, two: Service) -> None:
    html = person.get("/models/compare?a=1&b=2").text
    assert "Version 1" in html
    assert "what was decided between them" in html.lower()
    assert person.get("/models/compare?a=1&b=x").status_code == 400
    assert person.get("/models/compare?a=1&b=9").status_code == 404


def test_promoting_asks_first_and_says_who_did_it_and_why(person: Person, two: Service) -> None:
    asked = person.get("/models/2/promote").text
    assert "Version 1 answers now" in asked
    sent = person.send("/models/2/promote", form_token=token(person), reason="checked by hand")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/models/2")
    event = two.models.read(2)["history"][-1]
    assert (event["event"], event["reason"], event["by"].startswith("key ")) == (
        "promoted",
        "checked by hand",
        True,
    )
    assert "checked by hand" in person.get("/models/2").text


def test_rolling_back_lets_the_one_before_answer_again(person: Person, two: Service) -> None:
    two.models.promote(2, by="ada", reason="a try")
    assert "Version 2 answers now" in person.get("/models/rollback").text
    sent = person.send("/models/rollback", form_token=token(person))
    assert sent.headers["Location"] == "/models/1"
    again = person.send("/models/rollback", form_token=token(person))
    assert (again.status_code, "no earlier model" in again.text) == (409, True)


def test_a_training_is_asked_for_watched_and_cancelled(
    person: Person, service: Service, no_process: None
) -> None:
    sent = person.send("/models/train", form_token=token(person), seed="7")
    assert sent.headers["Location"] == "/models"
    [job] = service.training.recent()["jobs"]
    part = person.get("/models/training").text
    assert 'data-live-state="queued"' in part
    assert "<html" not in part
    assert "Cancel the training" in person.get("/models").text
    refused = person.send("/models/train", form_token=token(person))
    assert (refused.status_code, job["job_id"] in refused.text) == (409, True)
    person.send(f"/models/training/{job['job_id']}/cancel", form_token=token(person))
    assert service.training.read(parse_id(job["job_id"]) or b"")["state"] == "cancelled"
    assert 'data-live-state="none"' in person.get("/models/training").text


@pytest.mark.parametrize("seed", ["x", "-1", "99999999999", "1.5"])
def test_a_seed_that_is_none_is_refused(person: Person, no_process: None, seed: str) -> None:
    refused = person.send("/models/train", form_token=token(person), seed=seed)
    assert (refused.status_code, "Seed must be from 0" in refused.text) == (400, True)


def test_whoever_may_only_read_is_offered_no_change_and_can_make_none(
    person: Person, two: Service, registry: Registry
) -> None:
    reader(person, two, registry)
    html = person.get("/models").text
    assert [word in html for word in ("Train now", "Roll back", "/promote")] == [False] * 3
    mine = token(person)
    assert person.get("/models/2/promote").status_code == 403
    for path in ("/models/train", "/models/2/promote", "/models/rollback"):
        assert person.send(path, form_token=mine).status_code == 403


def test_a_hostile_reason_is_shown_as_text_or_refused(person: Person, two: Service) -> None:
    refused = person.send("/models/2/promote", form_token=token(person), reason="a\x00b")
    assert (refused.status_code, two.models.read(2)["state"]) == (400, "candidate")
    person.send("/models/2/promote", form_token=token(person), reason="<script>alert(1)</script>")
    assert "<script>alert" not in person.get("/models/2").text


def test_a_job_says_how_far_it_is_and_how_long_it_has_taken() -> None:
    told = jobs({"jobs": [WAITING]}, 1_781_524_845_000_000, may_train=True)
    assert told.current is not None
    assert (told.current.share, told.current.took, told.past) == (31, "45 s", [])


def test_how_long_ago_is_told_by_the_clock_that_the_settings_let_stand(settings: Settings, key: str) -> None:
    registry = Registry(settings, lambda: NOON)
    marketplace(registry.named(CAMPUS))
    registry.named(CAMPUS).learning.train(promote=True)
    registry.close()
    standing = replace(settings, now=format_moment(NOON + 3 * DAY))
    with TestClient(create_application(standing)) as client:
        person = Person(client)
        person.sign_in(key)
        assert "trained 3 d ago" in person.get("/models").text


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch, two: Service, person: Person) -> str:
    """An evaluation that was asked for on the page, and done; its address."""
    monkeypatch.setattr(two.evaluations, "_starter", lambda *_: None)
    asked: dict[str, Any] = {"item_type": "OFFER", "k": "2, 5", "split": "last", "users": "9", "seed": ""}
    sent = person.send("/models/evaluate", form_token=token(person), **asked)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/models")
    [job] = two.evaluations.recent()["jobs"]
    assert job["plan"] | {"seen": None} == {
        "k": [2, 5], "split": "last", "seen": None, "item_type": "OFFER", "users": 9, "seed": 0,
    }  # fmt: skip
    waiting = person.get(f"/models/evaluations/{job['job_id']}").text
    assert "waiting for its process" in waiting
    assert "Cancel the evaluation" in waiting
    two.evaluations.work(parse_id(job["job_id"]) or b"", lambda: None)
    return f"/models/evaluations/{job['job_id']}"


def test_an_evaluation_tells_how_each_method_did_in_all_and_by_segment(
    person: Person, two: Service, evaluated: str
) -> None:
    html = person.get(evaluated).text
    found = two.evaluations.read(parse_id(evaluated.rpartition("/")[2]) or b"")["figures"]
    recall = found["methods"]["cobi"]["recall@2"]
    for told in (
        f"Cobi has a recall@2 of {100 * recall['value']:.1f} %",
        "popularity",
        "4–10",
        "NDCG@5",
    ):
        assert told in html
    for warning in found["warnings"]:
        assert warning[1:].replace("'", "&#39;") in html
    other = person.get(f"{evaluated}?metric=ndcg@5").text
    assert f"Cobi has a NDCG@5 of {found['methods']['cobi']['ndcg@5']['value']:.3f}" in other
    assert "Offers, lists of 2 and 5, held back: the last of each student, 9 students at most" in other


def test_every_metric_of_an_evaluation_can_be_shown(person: Person, two: Service, evaluated: str) -> None:
    found = two.evaluations.read(parse_id(evaluated.rpartition("/")[2]) or b"")["figures"]
    for metric in found["methods"]["cobi"]:
        told = figures(found, metric)
        assert (told.metric, len(told.means.rows)) == (metric, len(found["methods"]))
    assert figures(found, "hearsay").metric == "recall@2"
    assert len(figures(found, None).all.rows) == len(found["methods"]["cobi"])


def test_an_evaluation_can_be_cancelled_and_says_so(
    monkeypatch: pytest.MonkeyPatch, person: Person, two: Service
) -> None:
    monkeypatch.setattr(two.evaluations, "_starter", lambda *_: None)
    person.send("/models/evaluate", form_token=token(person))
    [job] = two.evaluations.recent()["jobs"]
    sent = person.send(f"/models/evaluations/{job['job_id']}/cancel", form_token=token(person))
    assert sent.status_code == 303
    html = person.get(f"/models/evaluations/{job['job_id']}").text
    assert "It was cancelled; nothing was stored." in html


def test_who_may_only_read_sees_evaluations_and_asks_for_none(
    person: Person, registry: Registry, two: Service, evaluated: str
) -> None:
    html = reader(person, two, registry).get("/models").text
    assert evaluated in html
    assert 'action="/models/evaluate"' not in html
    assert person.send("/models/evaluate", form_token=token(person)).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"k": "0"},
        {"k": "ten"},
        {"users": "-1"},
        {"users": "1" * 5000},
        {"split": "never"},
        {"item_type": "X"},
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_words(
    person: Person, two: Service, wrong: dict[str, Any]
) -> None:
    sent = person.send("/models/evaluate", form_token=token(person), **wrong)
    assert sent.status_code == 400
    assert "Internal" not in sent.text
