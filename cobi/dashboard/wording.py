"""Numbers and moments as people read them; units are always said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from markupsafe import Markup

from cobi.dashboard.viewer import Viewer
from cobi.domain.moments import DAY, HOUR, SECOND, as_datetime, parse_moment
from cobi.domain.per_cent import MINUS, per_cent

_MINUTE = 60 * SECOND
NOTHING = "–"
"""Stands where there is no figure."""

Say = Callable[[float], str]
"""Words for a value."""


@dataclass(frozen=True)
class Words:
    """How values are told: in the table, and in the little room beside the grid."""

    value: Say
    mark: Say


def count(value: float | None) -> str:
    """A whole number with its thousands told apart: 12,345."""
    return NOTHING if value is None else minus(f"{value:,.0f}")


def short(value: float | None) -> str:
    """A number in little room: 950, 12.3k, 4.6M."""
    if value is None:
        return NOTHING
    for limit, unit in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            scaled = value / (1e3 if unit == "k" else limit)
            return minus(f"{scaled:.1f}".removesuffix(".0") + unit)
    return minus(f"{value:,.0f}")


def minus(text: str) -> str:
    """A number with the sign that is as wide as a plus."""
    return text.replace("-", MINUS)


def share(value: float | None) -> str:
    """A share that was chosen, or stands at a scale: 5 %, 12.5 %."""
    return NOTHING if value is None else f"{100 * value:.3g} %".replace("-", MINUS)


def percent(value: float | None, digits: int = 1) -> str:
    """A share: 12.3 %."""
    return NOTHING if value is None else per_cent(value, digits)


def points(value: float | None) -> str:
    """A difference of shares: +0.4 points."""
    if value is None:
        return NOTHING
    rounded = round(100 * value, 1)
    return minus(f"{rounded:+.1f} points") if rounded else "0.0 points"


def signed(value: float | None) -> str:
    """A part of a score: +0.412."""
    return NOTHING if value is None else minus(f"{value:+.3f}")


def interval(of: Mapping[str, Any] | None) -> str:
    """The ends of a rate's interval: 1.2–1.9 %."""
    if of is None or of["value"] is None:
        return NOTHING
    return f"{100 * of['low']:.1f}–{100 * of['high']:.1f} %"


def ago(moment: int | None, now: int) -> str:
    """How long ago: 5 min ago."""
    if moment is None:
        return "never"
    past = now - moment
    for unit, name in ((DAY, "d"), (HOUR, "h"), (_MINUTE, "min")):
        if past >= unit:
            return f"{past // unit} {name} ago"
    return "just now" if past > -_MINUTE else "in the future"


def moment(text: str | None, viewer: Viewer) -> Markup | str:
    """A moment in the viewer's zone, with UTC where the pointer or the focus rests on it."""
    microseconds = None if text is None else parse_moment(text)
    if microseconds is None:
        return NOTHING
    there, here = as_datetime(microseconds), viewer.local(microseconds)
    utc = there.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        here.strftime("%-d %b %Y, %H:%M"),
    )


def day(text: str) -> str:
    """A day of the calendar: 5 Nov."""
    return date.fromisoformat(text).strftime("%-d %b")


def words(code: str) -> str:
    """A code as words: no_recommendation_id becomes no recommendation id."""
    return code.replace("_", " ")


def happening(told: Mapping[str, Any]) -> str:
    """What somebody did, of its code and its name: Model 2 promoted."""
    kind, _, became = told["what"].partition("_")
    return f"{kind.capitalize()} {told['name']} {words(became)}"


def capitalise(text: str) -> str:
    """A sentence with its first letter large, all others as they are."""
    return text[:1].upper() + text[1:]


AS_SHARES, AS_NUMBERS = Words(percent, share), Words(short, short)
"""How charts tell shares, and how they tell numbers."""

FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        count,
        short,
        percent,
        share,
        points,
        signed,
        interval,
        moment,
        day,
        words,
        capitalise,
    )
}
"""What templates may use, by name."""
