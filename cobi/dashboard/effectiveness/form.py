"""The filters of the view as fields of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.effectiveness.state import PERIOD, State, address, date_of
from cobi.domain.interaction import Platform
from cobi.domain.moments import DAY


@dataclass(frozen=True)
class Choice:
    """A value to choose, as it is sent and as it is read."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True)
class Select:
    """A field with choices; the first leaves it open."""

    name: str
    label: str
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Taken:
    """A filter that no field shows, and the address without it."""

    text: str
    href: str


@dataclass(frozen=True)
class Period:
    """A period to go to."""

    name: str
    href: str
    current: bool


@dataclass(frozen=True)
class Form:
    """All fields; `kept` go along unseen, `other` are the ends of a period to compare with."""

    since: str
    until: str
    other: tuple[str, str]
    selects: Sequence[Select]
    kept: Sequence[tuple[str, str]]
    taken: Sequence[Taken]
    periods: Sequence[Period]


def form(state: State, choices: Mapping[str, Sequence[Any]], now: int) -> Form:
    """The form of a state."""
    versions = [(str(one), f"Version {one}" if one else "no model") for one in choices["model_versions"]]
    arms, regions = ([(one, one) for one in choices[name]] for name in ("arms", "regions"))
    compared, since, until = _compared(state.get("against", ""))
    against = [
        ("before", "the period before"),
        (PERIOD, "another period"),
        *((f"model_version:{value}", text.lower()) for value, text in versions),
        *((f"arm:{value}", f"arm {value}") for value, _ in arms),
    ]
    fields = (
        ("model_version", "Model version", "all", versions),
        ("arm", "Arm", "all", arms),
        ("region", "Region", "all", regions),
        ("platform", "Platform", "all", [(name, name) for name in Platform.__members__]),
        ("position", "Position", "all", [(str(at), str(at)) for at in range(1, 11)]),
        ("against", "Compare with", "nothing", against),
    )
    return Form(
        state.get("from", "")[:10],
        state.get("to", "")[:10],
        (since, until),
        [
            _select(name, label, open_, compared if name == "against" else state.get(name, ""), known)
            for name, label, open_, known in fields
        ],
        [(name, state[name]) for name in ("shop_id", "tag_id", "by") if name in state],
        [
            Taken(f"One {name.removesuffix('_id')} only", address(state, {name: None}))
            for name in ("shop_id", "tag_id")
            if name in state
        ],
        [_period(days, state, now) for days in (7, 28, 90)],
    )


def _compared(against: str) -> tuple[str, str, str]:
    """What is chosen to compare with, and both ends where that is a period."""
    since, slash, until = against.partition("/")
    is_period = slash and not against.startswith(("arm:", "model_version:"))
    return (PERIOD, since[:10], until[:10]) if is_period else (against, "", "")


def _select(name: str, label: str, nothing: str, value: str, known: Sequence[tuple[str, str]]) -> Select:
    # What the address names stays what is asked, though it be nothing that was ever counted.
    more = [] if not value or value in dict(known) else [(value, value)]
    return Select(
        name,
        label,
        [Choice(sent, read, sent == value) for sent, read in (("", nothing), *known, *more)],
    )


def _period(days: int, state: State, now: int) -> Period:
    ends = {"from": date_of(now - (days - 1) * DAY), "to": date_of(now + DAY)}
    return Period(f"{days} days", address(state, ends), ends.items() <= state.items())
