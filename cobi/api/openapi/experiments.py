"""Experiments: what is declared, and what is read of them."""

from __future__ import annotations

from typing import Any

from cobi.actions.experiments.advice import Advice
from cobi.analytics.experiments.decisions import Code, Guard
from cobi.analytics.experiments.readings import Finding
from cobi.api.openapi.answers import COUNT, TEXT, whole
from cobi.api.openapi.schemas import DAY, OBJECT, UUID, Schema, array_of, nullable, reference
from cobi.domain.experiments.declaring import LONGEST_NAME, MOST_ARMS
from cobi.domain.experiments.experiment import Kind, Listing, State
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.fields import Moment
from cobi.domain.organisation_settings import SETTINGS
from cobi.domain.patterns import PART_OF_A_NAME

_TIME = Moment().schema()
_NUMBER: Schema = {"type": "number"}
METRIC: Schema = {"type": "string", "enum": list(METRICS)}
_NAME: Schema = {
    "type": "string",
    "pattern": PART_OF_A_NAME,
    "minLength": 1,
    "maxLength": LONGEST_NAME,
}


def experiment_to_make() -> Schema:
    """What declares an experiment, or a holdout."""
    arm = _of(
        ("name",),
        name=_NAME,
        share=_number(0.001, 1),
        list=_names(Listing),
        model_version=nullable({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
        settings=_of(
            (),
            **{name: nullable(setting.kind.schema()) for name, setting in SETTINGS.items() if setting.ranks},
        ),
    )
    common: dict[str, Schema] = {
        "start": {"type": "boolean", "default": False},
        "replace": {
            "type": "boolean",
            "default": False,
            "description": "Start at once, and stop the running one of the same kind in the same moment.",
        },
        "main_metric": METRIC,
        "guardrails": _few(_of(("metric",), metric=METRIC, tolerated=_number(0, 1))),
        "planned_student_days": {"type": "integer", "minimum": 100, "maximum": 2**53 - 1},
        "matters": _number(0, 1),
        "alpha": _number(0.0001, 0.5),
    }
    kinds = {kind: {"type": "string", "enum": [kind.name]} for kind in Kind}
    experiment = _of(
        ("name", "arms"),
        name=_NAME,
        kind=kinds[Kind.EXPERIMENT],
        arms={**_few(arm), "minItems": 2},
        **common,
    )
    holdout = _of(
        ("kind",),
        kind=kinds[Kind.HOLDOUT],
        name=_NAME,
        share=_number(0.001, 0.5),
        list={"type": "string", "enum": [Listing.POPULAR.name, Listing.NONE.name]},
        **common,
    )
    return {"anyOf": [experiment, holdout]}


def experiment_schemas() -> Schema:
    """What is read, by name."""
    declared: dict[str, Schema] = {
        "experiment_id": UUID,
        "name": TEXT,
        "kind": _names(Kind),
        "arms": array_of(
            whole(
                name=TEXT,
                share=_NUMBER,
                list=_names(Listing),
                model_version=nullable(COUNT),
                settings=OBJECT,
            )
        ),
        "main_metric": METRIC,
        "guardrails": array_of(whole(metric=METRIC, tolerated=_NUMBER)),
        "planned_student_days": COUNT,
        "matters": _NUMBER,
        "alpha": _NUMBER,
        "state": _names(State),
        "created": _TIME,
        "started": nullable(_TIME),
        "stopped": nullable(_TIME),
    }
    return {
        "Experiment": whole(**declared, results=nullable(reference("ExperimentResults"))),
        "Experiments": whole(experiments=array_of(whole(**declared, summary=nullable(_summary())))),
        "ExperimentResults": _results(),
        "ExperimentDays": _days(),
        "Advice": whole(what={"type": "string", "enum": list(Advice)}, arm=nullable(TEXT), words=TEXT),
        "MetricReading": _reading(),
        "Caused": whole(
            experiment_id=UUID,
            since=nullable(_TIME),
            counted_until=_TIME,
            students={"type": "object", "additionalProperties": COUNT},
            totals=nullable(_totals()),
            metrics=array_of(reference("MetricReading")),
            words=TEXT,
        ),
    }


def _results() -> Schema:
    decision = whole(code={"type": "string", "enum": [code.value for code in Code]}, words=TEXT)
    guard = whole(metric=METRIC, state={"type": "string", "enum": [guard.value for guard in Guard]})
    ratio = whole(p_value=_NUMBER, observed=array_of(_NUMBER), mismatch={"type": "boolean"})
    compared = whole(
        arm=TEXT,
        control=TEXT,
        decision=decision,
        advice=reference("Advice"),
        guardrails=array_of(guard),
        metrics=array_of(reference("MetricReading")),
        caused=nullable(_totals()),
    )
    return whole(
        counted_until=_TIME,
        arms=array_of(whole(name=TEXT, planned_share=_NUMBER, students=COUNT)),
        student_days=COUNT,
        sample_ratio=nullable(ratio),
        comparisons=array_of(compared),
        advice=reference("Advice"),
    )


def _reading() -> Schema:
    return whole(
        metric=METRIC,
        meaning=TEXT,
        finding={"type": "string", "enum": [finding.value for finding in Finding]},
        treated=nullable(_NUMBER),
        control=nullable(_NUMBER),
        difference=_interval(),
        lift=_interval(),
        p_value=_NUMBER,
        unadjusted_difference=nullable(_NUMBER),
        variance_reduction=_NUMBER,
    )


def _summary() -> Schema:
    return whole(counted_until=_TIME, students=COUNT, advice=reference("Advice"), lift=nullable(_interval()))


def _days() -> Schema:
    finding: Schema = {"type": "string", "enum": list(Finding)}
    day = whole(
        day=DAY,
        finding=finding,
        treated=nullable(_NUMBER),
        control=nullable(_NUMBER),
        difference=_interval(),
        lift=_interval(),
        p_value=_NUMBER,
    )
    decided = whole(day=DAY, finding=finding)
    return whole(
        experiment_id=UUID,
        metric=METRIC,
        meaning=TEXT,
        counted_until=nullable(_TIME),
        students=array_of(
            whole(day=DAY, arms={"type": "object", "additionalProperties": COUNT}),
        ),
        comparisons=array_of(whole(arm=TEXT, control=TEXT, decided=nullable(decided), days=array_of(day))),
        happened=array_of(whole(when=_TIME, what=TEXT, name=TEXT, by=nullable(TEXT), why=nullable(TEXT))),
        doubts=array_of(reference("Doubt")),
    )


def _totals() -> Schema:
    return whole(**dict.fromkeys(("code_reveals", "purchases", "amount", "savings"), _interval()))


def _interval() -> Schema:
    return whole(**dict.fromkeys(("value", "low", "high"), nullable(_NUMBER)))


def _names(kind: type[Kind] | type[Listing] | type[State]) -> Schema:
    return {"type": "string", "enum": list(kind.__members__)}


def _number(least: float, most: float) -> Schema:
    return {"type": "number", "minimum": least, "maximum": most}


def _few(items: Schema) -> Schema:
    return {**array_of(items), "maxItems": MOST_ARMS}


def _of(required: tuple[str, ...], **properties: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
