"""What models are called on their pages: states, verdicts, and the ways a model learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.charts.intervals import Measured
from cobi.dashboard.wording import NOTHING, count, interval, percent, words


@dataclass(frozen=True)
class Badge:
    """A word with its tone: good, warn, bad or none."""

    word: str
    tone: str = ""


@dataclass(frozen=True)
class Rate:
    """A share with its interval, in words."""

    value: str
    range: str


_TONES = {
    "live": "good", "failed": "bad", "rolled_back": "warn",
    "promote": "good", "hold": "warn", "not_enough_evidence": "",
    "done": "good", "running": "", "queued": "", "cancelled": "warn",
}  # fmt: skip

PARTS = {
    "popularity": "what many touched lately",
    "appeal": "how often a view became a code",
    **{
        f"who-{trait}": f"what students of the same {trait} like"
        for trait in ("region", "institute", "course", "gender", "age")
    },
    "moment": "what is touched more on the weekday and in the hours of asking",
    "circle": "what students alike in course, institute, region … like beyond the usual",
    "background": "what is a course's, an institute's, a region's own in the latent tastes",
    "taste": "the shops, tags and keywords a history leans to beyond the usual",
    "factors": "the latent tastes behind what was chosen",
    "hop": "what was touched together",
    "ridge": "what foretells what, all items at once",
    "sequence": "what comes soon after what",
    "low-pass": "the broad tastes behind histories",
    "attributes": "likeness in shop, tags and keywords",
    "names": "likeness in what offers' names mention",
    "kinship": "what belongs to shops and tags touched together",
    "relatives": "what belongs to the same shop, tag or keyword",
    "own": "what students come back to",
}
"""What each way to learn goes by, also one that only models of an older Cobi have: *circle*."""

RATES = (("click_through_rate", "Click-through"), ("code_reveal_rate", "Code reveals"))


def badge(code: str) -> Badge:
    """A state or a verdict as a badge."""
    return Badge(words(code), _TONES.get(code, ""))


def rate(served: Mapping[str, Any] | None, name: str) -> Rate | None:
    """One of RATES of what a version's answers came to; None where it has shown nothing."""
    if served is None or served[name]["value"] is None:
        return None
    return Rate(percent(served[name]["value"]), interval(served[name]))


def measured(label: str, served: Mapping[str, Any] | None, name: str, tone: str = "1") -> Measured:
    """The same as a row of a chart."""
    of = {"value": None, "low": None, "high": None} if served is None else served[name]
    return Measured(label, of["value"], of["low"], of["high"], tone)


def how_it_was_made(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a training took, as pairs of a name and words."""
    seconds, memory, events = told["seconds"], told["peak_memory"], told["events"]
    return [
        ("Trained by", told["trained_by"] or "not known"),
        ("Learned from", f"{count(events)} events" if events is not None else NOTHING),
        ("Seed", NOTHING if told["seed"] is None else str(told["seed"])),
        ("Took", f"{seconds:,.1f} s" if seconds is not None else NOTHING),
        ("Peak memory", f"{memory / 2**20:,.0f} MiB" if memory is not None else NOTHING),
    ]
