"""Reading the document that declares an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cobi.domain.errors import InvalidRequest
from cobi.domain.experiments.experiment import Arm, Guard, Kind, Listing, Plan, holdout_arms
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.fields import FieldProblem, Text
from cobi.domain.json_values import is_array, is_object, whole_number
from cobi.domain.organisation_settings import SETTINGS, parse_settings

HOLDOUT_SHARE = 0.05
MOST_ARMS = 20
LONGEST_NAME = 40
_HINT = 'send {"name": "warmer", "arms": [{"name": "control"}, {"name": "warm", "settings": {…}}]}'
_FIELDS = (
    *("name", "kind", "arms", "share", "list", "main_metric", "guardrails"),
    *("planned_student_days", "matters", "alpha"),
)
_ARM = ("name", "share", "list", "model_version", "settings")

Chosen = TypeVar("Chosen", Kind, Listing)


def parse_plan(document: Any) -> Plan:
    """The plan that a document declares; raises InvalidRequest."""
    given = _object(document, _FIELDS, "an experiment")
    kind = _chosen(given, "kind", Kind.EXPERIMENT)
    arms = _holdout(given) if kind is Kind.HOLDOUT else _arms(given)
    return Plan(
        _name(given, "holdout" if kind is Kind.HOLDOUT else None),
        kind,
        arms,
        _metric(given.get("main_metric", Plan.main), "main_metric"),
        tuple(map(_guard, _array(given, "guardrails"))),
        _whole(given, "planned_student_days", Plan.planned_days),
        _number(given, "matters", Plan.matters, 0, 1),
        _number(given, "alpha", Plan.alpha, 0.0001, 0.5),
    )


def _holdout(given: Mapping[str, Any]) -> tuple[Arm, ...]:
    if "arms" in given:
        raise _wrong("a holdout has no arms of its own: send share and list")
    share = _number(given, "share", HOLDOUT_SHARE, 0.001, 0.5)
    listing = _chosen(given, "list", Listing.POPULAR)
    if listing is Listing.PERSONAL:
        raise _wrong("whoever is held out is shown POPULAR or NONE")
    return holdout_arms(share, listing)


def _arms(given: Mapping[str, Any]) -> tuple[Arm, ...]:
    if "share" in given or "list" in given:
        raise _wrong("share and list are a holdout's: send them with each arm")
    documents = _array(given, "arms")
    if not 2 <= len(documents) <= MOST_ARMS:
        raise _wrong(f"an experiment has 2 to {MOST_ARMS} arms, the control first")
    arms = tuple(_arm(each, 1 / len(documents)) for each in documents)
    if len({arm.name for arm in arms}) < len(arms):
        raise _wrong("two arms have one name")
    if sum(arm.share for arm in arms) > 1 + 1e-9:
        raise _wrong("the shares of the arms add up to more than 1")
    return arms


def _arm(document: Any, share: float) -> Arm:
    given = _object(document, _ARM, "an arm")
    version = given.get("model_version")
    if version is not None and not 1 <= (whole_number(version) or 0) < 2**31:
        raise _wrong("model_version is not the number of a model")
    settings = parse_settings(given.get("settings", {}))
    others = [name for name in settings if not SETTINGS[name].ranks]
    if others:
        raise _wrong(f"{', '.join(others)} does not shape a ranking, so that no arm can have its own")
    return Arm(
        _name(given, None),
        _number(given, "share", share, 0.001, 1),
        _chosen(given, "list", Listing.PERSONAL),
        whole_number(version),
        {name: SETTINGS[name].default if value is None else value for name, value in settings.items()},
    )


def _guard(document: Any) -> Guard:
    given = _object(document, ("metric", "tolerated"), "a guardrail")
    return Guard(_metric(given.get("metric"), "metric"), _number(given, "tolerated", 0.0, 0, 1))


def _object(document: Any, fields: tuple[str, ...], what: str) -> Mapping[str, Any]:
    if not is_object(document):
        raise _wrong(f"{what} is a JSON object")
    for name in document:
        if name not in fields:
            raise _wrong(f"{what} has no {name[:64]!r}; it has {', '.join(fields)}")
    return document


def _array(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name, [])
    if not is_array(value) or len(value) > MOST_ARMS:
        raise _wrong(f"{name} is an array of at most {MOST_ARMS}")
    return value


def _name(given: Mapping[str, Any], default: str | None) -> str:
    try:
        name = Text(LONGEST_NAME).parse(given.get("name", default))
    except FieldProblem as problem:
        raise _wrong(f"name {problem.message}") from None
    if ":" in name:
        raise _wrong("name has no colon: it parts an experiment's name from an arm's")
    return name


def _chosen(given: Mapping[str, Any], name: str, default: Chosen) -> Chosen:
    kind = type(default)
    value = given.get(name, default.name)
    if not isinstance(value, str) or value not in kind.__members__:
        raise _wrong(f"{name} is one of {', '.join(kind.__members__)}")
    return kind[value]


def _metric(name: Any, field: str) -> str:
    if not isinstance(name, str) or name not in METRICS:
        raise _wrong(f"{field} is one of {', '.join(METRICS)}")
    return name


def _number(given: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _wrong(f"{name} is a number from {least} to {most}")
    return float(value)


def _whole(given: Mapping[str, Any], name: str, default: int) -> int:
    value = whole_number(given.get(name, default))
    if value is None or not 100 <= value < 2**53:
        raise _wrong(f"{name} is a whole number of 100 or more")
    return value


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="malformed_experiment", hint=_HINT)
