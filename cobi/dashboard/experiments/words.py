"""What experiments are called on their pages: states, findings, advice, and the figures of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.models.words import Badge
from cobi.dashboard.wording import NOTHING, Words, capitalise, minus, percent, points, share, words
from cobi.domain.per_cent import signed_per_cent

SHARES = ("retention", "click_through")
"""Metrics that are shares; the others are numbers per student."""

_NO_BREAK = "\u00a0"
"""Keeps a sign in the line of its number."""

_STATES = {"RUNNING": "good", "DRAFT": "warn", "STOPPED": ""}
_FINDINGS = {"BETTER": "good", "WORSE": "bad"}
_GUARDS = {"HOLDS": ("holds", "good"), "BREACHED": ("breached", "bad"), "OPEN": ("not told yet", "")}
_ADVICE = {
    "PROMOTE": ("Promote {arm}", "good"),
    "GO_ON": ("Go on", "quiet"),
    "STOP": ("Stop", "warn"),
    "INVESTIGATE": ("Find out what is wrong", "bad"),
    "LEAVE": ("Leave everything as it is", "quiet"),
}


@dataclass(frozen=True)
class Advice:
    """What to do, why, and an icon's name for it."""

    head: str
    why: str
    icon: str


def advice(told: Mapping[str, Any]) -> Advice:
    """What the API advises; its sentence begins with the head, which the page says by itself."""
    head, icon = _ADVICE[told["what"]]
    return Advice(head.format(arm=told["arm"]), capitalise(told["words"].partition(". ")[2]), icon)


def state(code: str) -> Badge:
    """Where an experiment stands."""
    return Badge(words(code).lower(), _STATES[code])


def finding(code: str) -> Badge:
    """What a reading says."""
    return Badge(words(code).lower(), _FINDINGS.get(code, ""))


def guard(code: str) -> Badge:
    """How a guardrail stands."""
    return Badge(*_GUARDS[code])


def name_of(metric: str) -> str:
    """A metric's name: Code reveals."""
    return "Click-through" if metric == "click_through" else words(metric).capitalize()


def level(metric: str, value: float | None) -> str:
    """A metric's figure in one arm."""
    if value is None:
        return NOTHING
    return percent(value, 2) if metric in SHARES else _number(value)


def difference(metric: str, value: float | None) -> str:
    """How far two arms lie apart, in the metric's own unit."""
    if value is None:
        return NOTHING
    return points(value) if metric in SHARES else minus(f"{'+' if value >= 0 else ''}{_number(value)}")


def lift(value: float | None) -> str:
    """A relative difference: +8.1 %."""
    return NOTHING if value is None else signed_per_cent(value).replace(" ", _NO_BREAK)


def lift_mark(value: float) -> str:
    """A relative difference in little room: 25 %."""
    return minus(f"{100 * value:.3g}{_NO_BREAK}%")


def difference_mark(metric: str, value: float) -> str:
    """A difference in little room: 0.25, 2.5 pt."""
    return minus(f"{100 * value:.3g}\u00a0pt" if metric in SHARES else f"{value:.3g}")


AS_LIFTS = Words(lift, lift_mark)
"""How charts tell lifts."""


def told_lift(of: Mapping[str, float | None]) -> str:
    """A lift with the ends of its interval."""
    if of["value"] is None:
        return "cannot be told as a share yet"
    return f"{lift(of['value'])} ({lift(of['low'])} to {lift(of['high'])})"


def told_difference(metric: str, of: Mapping[str, float | None]) -> str:
    """A difference with the ends of its interval."""
    if of["value"] is None:
        return NOTHING
    ends = (difference(metric, of[end]) for end in ("low", "high"))
    return f"{difference(metric, of['value'])} ({' to '.join(ends)})"


def what_it_gets(arm: Mapping[str, Any]) -> str:
    """How an arm's students are answered, in words."""
    if arm["list"] == "POPULAR":
        return "what is popular, the same for everybody"
    if arm["list"] == "NONE":
        return "no recommendations"
    version = arm["model_version"]
    model = "the live model" if version is None else f"model version {version}"
    chosen = ", ".join(f"{words(name)} {value}" for name, value in arm["settings"].items())
    return f"{model}, {chosen}" if chosen else model


def arms_of(arms: Sequence[Mapping[str, Any]]) -> str:
    """Arms with their shares: cold 50 %, warm 50 %."""
    return ", ".join(f"{arm['name']} {share(arm['share'])}" for arm in arms)


def _number(value: float) -> str:
    """Three digits that say something."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.3f}"
