"""The schemas of models, of decisions about them, and of trainings."""

from __future__ import annotations

from cobi.analytics.offpolicy.overlap import Caution
from cobi.api.openapi.answers import COUNT, TEXT, whole
from cobi.api.openapi.parameters import in_path, in_query
from cobi.api.openapi.schemas import MOMENT, OBJECT, UUID, Schema, array_of, nullable, reference
from cobi.domain.fields import EventTime, Text
from cobi.domain.model_state import JobState, ModelState, Verdict

_NUMBER: Schema = {"type": "number"}
_VERSION: Schema = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
_WINDOW: Schema = {"type": "object", "properties": {"from": MOMENT, "to": MOMENT}, "required": ["from", "to"]}
_VERDICT: Schema = {"type": "string", "enum": [verdict.value for verdict in Verdict]}

VERSION = in_path("version", _VERSION, "The model version.")
JOB = in_path("job_id", UUID, "The training.")
BOTH = [{**in_query(name, _VERSION, "A model version."), "required": True} for name in ("a", "b")]


def model_schemas() -> Schema:
    """What is answered about models, by name."""
    decisions = array_of(reference("Decision"))
    side = reference("ModelSummary")
    difference = whole(path=TEXT, a={}, b={})
    return {
        "ModelSummary": whole(**_summary()),
        "Models": whole(
            models=array_of(reference("ModelSummary")),
            live=nullable(reference("ModelSummary")),
            next_cursor=nullable(TEXT),
        ),
        "Model": whole(
            **_summary(),
            card={**OBJECT, "description": "What was learned from what, with which settings and figures."},
            recipe=nullable(OBJECT),
            history=array_of(whole(moment=MOMENT, event=TEXT, by=TEXT, reason=TEXT)),
            decisions=decisions,
        ),
        "Comparison": whole(a=side, b=side, differences=array_of(difference), decisions=decisions),
        "Decision": _decision(),
        "Training": whole(**job_fields()),
        "Trainings": whole(jobs=array_of(reference("Training"))),
        "RolledBack": whole(live=_VERSION, rolled_back=_VERSION, reason=TEXT),
    }


def training_order() -> Schema:
    """What is to be learned; nothing need be said."""
    properties = {
        "seed": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "default": 0},
        "until": {**nullable(EventTime().schema()), "description": "Learn only from what happened before."},
        "promote": {"type": "boolean", "default": False, "description": "Go live without a comparison."},
        "incremental": {"type": "boolean", "default": False, "description": "Keep the live model's tuning."},
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def reason() -> Schema:
    """Why something is done with a model; nothing need be said."""
    properties = {"reason": nullable(Text().schema())}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _summary() -> dict[str, Schema]:
    moments = {name: nullable(MOMENT) for name in ("went_live", "left_live", "due", "pruned")}
    return {
        "version": _VERSION,
        "state": {"type": "string", "enum": [state.value for state in ModelState]},
        "trained": MOMENT,
        "trained_by": nullable(TEXT),
        "parent": nullable({**_VERSION, "description": "The version that was live when it was trained."}),
        "seed": nullable({"type": "integer"}),
        "data_window": nullable(_WINDOW),
        "events": nullable(COUNT),
        "figures": _figures(),
        "seconds": nullable(_NUMBER),
        "peak_memory": nullable({**COUNT, "description": "Of the process that trained it, in bytes."}),
        **moments,
        "verdict": nullable({**_VERDICT, "description": "The gate's newest."}),
        "reasons": {**array_of(TEXT), "description": "Why the gate said so."},
        "served": {
            "anyOf": [OBJECT, {"type": "null"}],
            "description": "What its answers came to, as in the report.",
        },
    }


def _figures() -> Schema:
    """The figures of a card; which there are hangs on what it was learned from."""
    told = {
        "worth": "The blend on what was set aside while tuning, mean over students.",
        "worth_interval": "Half of its 95 % interval.",
    }
    of_ways = {
        "alone": "The same of each way to learn by itself.",
        "alone_interval": "Half of each one's 95 % interval.",
        "brings": "What the blend would lose without each way.",
        "brings_interval": "Half of each one's 95 % interval, over the same students.",
    }
    spared = "What is spared (repeating; counting; bringing little): the ways left out for it, and the blend's loss."
    ways: Schema = {"type": "object", "additionalProperties": _NUMBER}
    properties = {
        **{name: {**_NUMBER, "description": said} for name, said in told.items()},
        **{name: {**ways, "description": said} for name, said in of_ways.items()},
        "spared": {"type": "object", "additionalProperties": OBJECT, "description": spared},
    }
    return {**OBJECT, "properties": properties}


def _decision() -> Schema:
    return whole(
        version=_VERSION,
        against=_VERSION,
        decided=MOMENT,
        verdict=_VERDICT,
        digest={**TEXT, "description": "SHA-256 of the bundle that cobi models verify recomputes."},
        reasons=array_of(TEXT),
        metric=TEXT,
        students=COUNT,
        candidate=_NUMBER,
        live=_NUMBER,
        difference=whole(value=_NUMBER, low=_NUMBER, high=_NUMBER),
        lead=nullable({**_NUMBER, "description": "By how many standard errors the candidate is ahead."}),
        asked=nullable({**_NUMBER, "description": "How many it takes at this comparison to be promoted."}),
        comparison=nullable(
            {**COUNT, "description": "Which comparison with this live model it was, from 1."}
        ),
        logged=nullable(
            whole(
                students=COUNT,
                candidate=_NUMBER,
                live=_NUMBER,
                difference=whole(value=_NUMBER, low=_NUMBER, high=_NUMBER),
                cautions=array_of({**TEXT, "enum": [caution.value for caution in Caution]}),
            )
        ),
        period=nullable(_WINDOW),
        wanted=nullable(TEXT),
        live_judged=nullable(TEXT),
    )


def job_fields() -> dict[str, Schema]:
    """What is told of any work that a process of its own does."""
    return {
        "job_id": UUID,
        "state": {"type": "string", "enum": [state.value for state in JobState]},
        "progress": {"type": "number", "minimum": 0, "maximum": 1},
        "message": TEXT,
        "requested_by": TEXT,
        "requested": MOMENT,
        "started": nullable(MOMENT),
        "ended": nullable(MOMENT),
        "model_version": nullable(_VERSION),
        "reason": nullable({**TEXT, "description": "Why it failed."}),
    }
