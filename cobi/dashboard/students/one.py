"""One student: who it is, what would be shown now and why, why not an offer, and the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cobi.dashboard.causes import Cause, causes
from cobi.dashboard.charts.signed_bars import SignedBars, scale_of, signed_bars
from cobi.dashboard.students.finding import studies_of
from cobi.dashboard.students.timeline import Entry, entries_of
from cobi.dashboard.wording import count, signed

_POLICIES = {
    "ranked": "ranked by the model",
    "explored": "ranked by the model, some places drawn by chance",
    "untrained": "there is no model yet: whatever may be shown, in any order",
    "popular": "an experiment's arm: the same for everybody, by popularity",
    "none": "an experiment's arm: no list at all",
}


@dataclass(frozen=True)
class Told:
    """What the API answers: the student, the timeline, the list; what was asked for and the offers it may mean."""

    student: Mapping[str, Any]
    timeline: Mapping[str, Any]
    glance: Mapping[str, Any]
    asked: str
    choices: Sequence[Mapping[str, Any]]
    cursor: str | None


@dataclass(frozen=True)
class Offer:
    """An offer of the list, and the reasons its score is the sum of."""

    position: int
    name: str
    score: str
    shop: str
    main: str
    chance: str | None
    reasons: SignedBars


@dataclass(frozen=True)
class Missing:
    """Why an offer is not in the list."""

    name: str
    verdict: str
    good: bool
    figures: Sequence[tuple[str, str]]
    causes: Sequence[Cause]
    reasons: SignedBars


@dataclass(frozen=True)
class Choice:
    """An offer that may be meant."""

    name: str
    shop: str
    href: str


@dataclass(frozen=True)
class Context:
    """What the page shows."""

    customer_id: str
    facts: Sequence[tuple[str, str]]
    since: str | None
    deleted: bool
    segments: Sequence[str]
    experiments: Sequence[tuple[str, str]]
    how: str
    offers: Sequence[Offer]
    asked: str
    missing: Missing | None
    choices: Sequence[Choice]
    nothing_meant: bool
    entries: Sequence[Entry]
    first_page: bool
    older: str | None


def context(told: Told) -> Context:
    """The page."""
    student, glance = told.student, told.glance
    missing = glance.get("why_not")
    listed = [one["reasons"] for one in (*glance["items"], *([missing] if missing else []))]
    scale = scale_of([[part["contribution"] for part in reasons] for reasons in listed])
    return Context(
        student["customer_id"],
        _facts(student),
        student["created"],
        student["is_deleted"],
        [one["name"] for one in student["segments"]],
        [(one["name"], one["arm"]) for one in student["experiments"] if one["stopped"] is None],
        _how(glance),
        [_offer(one, scale) for one in glance["items"]],
        told.asked,
        _missing(missing, scale, glance) if missing else None,
        [] if missing else [_choice(one) for one in told.choices],
        bool(told.asked) and not missing and not told.choices,
        entries_of(told.timeline["records"]),
        told.cursor is None,
        _older(told),
    )


def _facts(student: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = (
        ("user_id", student["user_id"]),
        ("Region", student["region"]),
        ("Studies", studies_of(student)),
        ("Gender", (student["gender"] or "").lower()),
        ("Born", student["birthdate"]),
    )
    return [(name, value) for name, value in facts if value]


def _how(glance: Mapping[str, Any]) -> str:
    model = f"Model {glance['model_version']}: " if glance["model_version"] else ""
    arm = f" Arm {glance['arm']}." if glance["arm"] else ""
    regions = ", ".join(glance["regions"]) or "everywhere"
    policy = _POLICIES.get(glance["policy"], glance["policy"])
    return f"{model}{policy}. {count(glance['candidates'])} offers may be shown in {regions} now.{arm}"


def _offer(told: Mapping[str, Any], scale: tuple[float, float]) -> Offer:
    reasons = told["reasons"]
    drawn = told["propensity"] < 1
    return Offer(
        told["position"],
        told["name"],
        signed(told["score"]),
        told["shop"],
        reasons[0]["text"] if reasons else "no reason: nothing is learned yet",
        f"drawn with a chance of {100 * told['propensity']:.1f} %" if drawn else None,
        _bars(reasons, scale),
    )


def _bars(reasons: Sequence[Mapping[str, Any]], scale: tuple[float, float]) -> SignedBars:
    return signed_bars([(one["text"], one["contribution"]) for one in reasons], scale)


def _missing(told: Mapping[str, Any], scale: tuple[float, float], glance: Mapping[str, Any]) -> Missing:
    shown, rank = told["position"] is not None, told["rank"]
    last = told["lowest_score_shown"]
    figures = [
        (
            "Rank by score",
            "none: it is no candidate" if rank is None else f"{rank} of {count(glance['candidates'])}",
        ),
        ("Its score", signed(told["score"])),
        ("Lowest score shown", signed(last)),
    ]
    verdict = f"It is shown, at position {told['position']}." if shown else "It is not shown."
    return Missing(
        told["name"], verdict, shown, figures, causes(told["removed_by"]), _bars(told["reasons"], scale)
    )


def _choice(told: Mapping[str, Any]) -> Choice:
    return Choice(told["name"], told["shop"] or "", f"?{urlencode({'why_not': told['id']})}#why-not")


def _older(told: Told) -> str | None:
    following = told.timeline["next_cursor"]
    asked = {"why_not": told.asked} if told.asked else {}
    return following and f"?{urlencode({**asked, 'cursor': following})}#timeline"
