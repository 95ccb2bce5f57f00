"""Experiments: what is shown of them, and what may be done with them, by whom."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cobi.domain.identifiers import parse_id
from cobi.domain.moments import DAY, SECOND
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import CAMPUS, SettableClock
from tests.dashboard.conftest import Person
from tests.factories import NOON
from tests.trials import Story, live

WARMER = {
    "name": "warmer",
    "planned_student_days": 5000,
    "guardrails": [{"metric": "savings", "tolerated": 0.5}],
    "arms": [{"name": "cold"}, {"name": "warm", "settings": {"exploration_temperature": 0.5}}],
}
DAYS = 8


def token(person: Person) -> str:
    [found] = re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/experiments").text)
    return found


def begun(service: Service, document: dict[str, Any]) -> str:
    return service.experiments.create({**document, "start": True})["experiment_id"]


@pytest.fixture
def warmer(service: Service, clock: SettableClock) -> str:
    """An experiment of eight days in which warm is better."""
    clock.now = began = NOON - (DAYS - 1) * DAY
    found = begun(service, WARMER)
    story = Story((1.0, 1.8), per_day=40, days=DAYS)
    service._core.database.write(lambda transaction: live(transaction.connection, 1, began, story))
    clock.now = NOON
    service.experiments.gather()
    return found


def test_without_an_experiment_the_page_says_how_to_begin_one(person: Person) -> None:
    html = person.get("/experiments").text
    told = (
        "No experiment is running",
        "cobi experiment create --org campus",
        "Nobody is held out",
        "None yet",
    )
    assert [word in html for word in told] == [True] * 4


def test_the_list_tells_what_runs_and_what_to_do(person: Person, service: Service, warmer: str) -> None:
    begun(service, {"kind": "HOLDOUT", "share": 0.05})
    service.experiments.create({**WARMER, "name": "a draft"})
    html = person.get("/experiments").text
    told = ("Promote warm", "cold 50 %, warm 50 %", "320 students", "Holdout of 5 %", "a draft", ">draft<")
    assert [word in html for word in told] == [True] * 6


def test_one_tells_every_metric_its_course_and_the_decision(person: Person, warmer: str) -> None:
    html = person.get(f"/experiments/{warmer}").text
    told = (
        *("Promote warm", 'href="/settings/change?exploration_temperature=0.5"', "guardrail holds"),
        *("Code reveals over time", "warm first decided: better", "less variance", "As planned"),
        *("of 5,000 planned student-days", "guardrail, may lose 50 %", "exploration temperature 0.5"),
    )
    assert [word for word in told if word not in html] == []
    assert html.count("data-chart") == 2


def test_the_address_chooses_metric_and_scale(person: Person, warmer: str) -> None:
    html = person.get(f"/experiments/{warmer}?metric=retention&as=difference").text
    assert "Retention over time" in html
    assert "beside the control, in points" in html
    for wrong in ("metric=luck", "as=log"):
        assert person.get(f"/experiments/{warmer}?{wrong}").status_code == 400


def test_what_is_shown_is_what_was_counted_until_somebody_wants_it_anew(
    person: Person, service: Service, warmer: str, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    monkeypatch.setattr(service.experiments, "gather", lambda: counted.append(1))
    clock.advance(3600 * SECOND)
    person.get(f"/experiments/{warmer}")
    assert counted == []
    person.get(f"/experiments/{warmer}?anew=true")
    assert counted == [1]


def test_an_experiment_is_stopped_after_a_question(person: Person, service: Service, warmer: str) -> None:
    asked = person.get(f"/experiments/{warmer}/stop").text
    assert "It stays stopped" in asked
    assert "better than cold" in asked
    sent = person.send(f"/experiments/{warmer}/stop", form_token=token(person))
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/experiments/{warmer}")
    assert service.experiments.read(parse_id(warmer) or b"")["state"] == "STOPPED"
    html = person.get(f"/experiments/{warmer}").text
    assert ">stopped<" in html
    assert "/stop" not in html
    assert person.send(f"/experiments/{warmer}/stop", form_token=token(person)).status_code == 409


def test_an_experiment_is_declared_with_a_form_and_started(person: Person, service: Service) -> None:
    fields = {
        "name": "shops",
        "arm1.name": "control",
        "arm1.share": "30",
        "arm2.name": "few",
        "arm2.share": "20 %",
        "arm2.most_per_shop": "1",
        "arm2.seen_offers": "HIDE",
        "arm3.name": "",
        "main_metric": "savings",
        "guard.retention": "2",
        "planned_student_days": "9000",
        "matters": "1.5",
    }
    sent = person.send("/experiments/new", None, form_token=token(person), **fields)
    path = sent.headers["Location"]
    told = service.experiments.read(parse_id(path.rpartition("/")[2]) or b"")
    assert [(arm["name"], arm["share"], arm["settings"]) for arm in told["arms"]] == [
        ("control", 0.3, {}),
        ("few", 0.2, {"most_per_shop": 1, "seen_offers": "HIDE"}),
    ]
    assert (told["main_metric"], told["matters"], told["planned_student_days"]) == ("savings", 0.015, 9000)
    assert told["guardrails"] == [{"metric": "retention", "tolerated": 0.02}]
    assert "Its arms" not in person.get(path).text
    assert "From now on each student" in person.get(f"{path}/start").text
    person.send(f"{path}/start", form_token=token(person))
    assert "No two arms have students to compare" in person.get(path).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "name"),
        ({"name": "x", "arm1.name": "only"}, "2 to 20 arms"),
        (
            {"name": "x", "arm1.name": "a", "arm2.name": "b", "arm2.share": "much"},
            "is not a number of per cent",
        ),
        (
            {"name": "x", "arm1.name": "a", "arm2.name": "b", "arm2.model_version": "7"},
            "no model of version 7",
        ),
        ({"name": "x", "arm1.name": "a", "arm2.name": "b", "arm2.diversity": "9"}, "diversity must be"),
        ({"name": "<script>", "arm1.name": "a", "arm2.name": "a"}, "two arms have one name"),
    ],
)
def test_what_declares_nothing_is_said_and_the_form_keeps_what_was_written(
    person: Person, service: Service, fields: dict[str, str], said: str
) -> None:
    usual = {"main_metric": "savings", "planned_student_days": "1000", "matters": "0", "start": "on"}
    refused = person.send("/experiments/new", None, form_token=token(person), **usual, **fields)
    assert (refused.status_code, said in refused.text) == (400, True)
    assert "<script>" not in refused.text.replace('<script src="', "")
    if "name" in fields:
        assert f'value="{fields["name"].replace("<", "&lt;").replace(">", "&gt;")}"' in refused.text
    assert service.experiments.list() == {"experiments": []}


def test_another_arm_is_added_without_declaring_anything(person: Person, service: Service) -> None:
    form = person.get("/experiments/new").text
    assert "arm3.name" not in form
    more = person.send(
        "/experiments/new", None, form_token=token(person), name="x", more="1", main_metric="savings"
    )
    assert (more.status_code, "arm3.name" in more.text, 'value="x"' in more.text) == (200, True, True)
    assert service.experiments.list() == {"experiments": []}


def test_a_holdout_is_begun_and_its_share_changed_by_another_one(person: Person, service: Service) -> None:
    assert "Hold students out?" in person.get("/experiments/holdout").text
    person.send("/experiments/holdout", form_token=token(person), share="5", list="POPULAR")
    asked = person.get("/experiments/holdout").text
    assert "in the place of holdout, 5 %" in asked
    assert "counts from nothing" in asked
    person.send("/experiments/holdout", form_token=token(person), share="10", list="NONE")
    newer, older = service.experiments.list()["experiments"]
    assert (newer["name"], newer["state"], newer["arms"][0]["share"], newer["arms"][0]["list"]) == (
        *("holdout 2", "RUNNING", 0.1),
        "NONE",
    )
    assert older["state"] == "STOPPED"
    for share in ("90", "nan", "-1", "x"):
        refused = person.send("/experiments/holdout", form_token=token(person), share=share, list="NONE")
        assert (refused.status_code, 'role="alert"' in refused.text) == (400, True)


def test_whoever_may_only_read_is_offered_no_change_and_can_make_none(
    person: Person, registry: Registry, warmer: str
) -> None:
    person.sign_in(registry.create_key(CAMPUS, frozenset({"report"})))
    html = person.get("/experiments").text + person.get(f"/experiments/{warmer}").text
    assert [word in html for word in ("/stop", "/experiments/new", "/experiments/holdout")] == [False] * 3
    mine = token(person)
    for path in ("/experiments/new", "/experiments/holdout", f"/experiments/{warmer}/stop"):
        assert person.get(path).status_code == 403
        assert person.send(path, form_token=mine).status_code == 403


def test_an_experiment_of_another_organisation_is_not_there(person: Person, registry: Registry) -> None:
    registry.create_key("elsewhere", frozenset({"admin"}))
    foreign = begun(registry.named("elsewhere"), WARMER)
    for action in ("", "/start", "/stop"):
        assert person.get(f"/experiments/{foreign}{action}").status_code == 404
    assert person.send(f"/experiments/{foreign}/stop", form_token=token(person)).status_code == 404
