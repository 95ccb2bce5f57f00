"""What an organisation may choose for itself while everything runs; each setting is declared once, here.

`GET` and `PUT /v1/settings`, `cobi settings` and the reference page are made of these declarations; every process
follows a change with its next answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec

from cobi.domain.claims import Touch
from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import Boolean, Choice, FieldProblem, Kind, Number
from cobi.domain.interaction import ItemType
from cobi.domain.json_values import is_object, whole_number


class Seen(IntEnum):
    """What becomes, in lists, of items a student has used."""

    SHOW = 1
    LOWER = 2
    HIDE = 3


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number inside bounds, both included."""

    minimum: int
    maximum: int

    def parse(self, value: Any) -> int:
        number = whole_number(value)
        if number is None:
            raise FieldProblem("wrong_type", "expected a whole number")
        if not self.minimum <= number <= self.maximum:
            raise FieldProblem("out_of_range", f"must lie from {self.minimum} to {self.maximum}")
        return number

    def from_text(self, text: str) -> Any:
        short = text.isascii() and text.isdecimal() and len(text) < 10
        return int(text) if short else text

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def constraint(self) -> str:
        return f"whole number, {self.minimum} to {self.maximum}"


@dataclass(frozen=True)
class Pause(Number):
    """A number inside bounds, or 0 for never."""

    def parse(self, value: Any) -> float:
        try:
            return super().parse(value)
        except FieldProblem as problem:
            if problem.code == "out_of_range" and value == 0:
                return 0.0
            raise FieldProblem(problem.code, f"{problem.message}, or 0") from None

    def schema(self) -> dict[str, Any]:
        inside = {"minimum": self.minimum}
        return {"type": "number", "minimum": 0, "maximum": self.maximum, "anyOf": [{"enum": [0]}, inside]}

    def constraint(self) -> str:
        return f"0, or {super().constraint()}"


@dataclass(frozen=True)
class Setting:
    """One setting: how its value is read, what holds without one, and what it means, in a sentence.

    `ranks` marks those that shape a ranking: their values are kept with every answer. `effect` says what a change does
    to what is measured; nothing, where it is empty.
    """

    name: str
    kind: Kind
    default: Any
    meaning: str
    ranks: bool = False
    effect: str = ""


LEAST_PAUSE_HOURS = 0.1
"""Between trainings by the clock: it looks every minute, and a training of a small organisation takes seconds."""

_MOST_A_MINUTE = 10_000_000

_LISTS_CHANGE = (
    "Everybody's lists change with the next answer, also in the arms of a running experiment that do not set it "
    "themselves. Figures of the time before and after are not alike for that reason alone."
)
_CHANCE_CHANGES = (
    f"{_LISTS_CHANGE} What chance shows is also what other models and settings are judged by before they go live: "
    "with less of it the evidence gate needs longer."
)

_USED = {
    ItemType.OFFER: "whose code the student revealed or which they bought with",
    ItemType.SHOP: "at which the student revealed a code, bought, or which is a favourite",
    ItemType.TAG: "that the student has filtered by or opened",
    ItemType.KEYWORD: "that the student has filtered by or opened",
}


def seen_setting(item_type: ItemType) -> str:
    """The name of the setting that says what becomes of used items of a type."""
    return f"seen_{item_type.name.lower()}s"


def _seen(item_type: ItemType) -> Setting:
    meaning = (
        f"What becomes of {item_type.name.lower()}s {_USED[item_type]}: SHOW them by their scores, LOWER them behind "
        "all others, or HIDE them."
    )
    return Setting(seen_setting(item_type), Choice(Seen), "SHOW", meaning, ranks=True, effect=_LISTS_CHANGE)


_DECLARED = (
    Setting(
        "attribution_touch",
        Choice(Touch),
        "LAST",
        "Which answer is credited with what came of several that showed the item, and which code reveal with a "
        "purchase: the LAST one, or the FIRST one of the attribution window. It holds for what arrives from then on.",
        effect="What arrives from now on is credited by another rule: figures of answers and models before and after "
        "the change cannot be compared. Experiments count students, not credits, and are not touched.",
    ),
    Setting(
        "exploration_temperature",
        Number(0, 100),
        0.0,
        "How far chance may change a list: 0, the best come first; 1, an item one standard deviation worse than "
        "another has 0.37 times its chance.",
        ranks=True,
        effect=_CHANCE_CHANGES,
    ),
    Setting(
        "exploration_share",
        Number(0, 1),
        1.0,
        "The share of a list's places that are drawn by that temperature; the others take the best that is left.",
        ranks=True,
        effect=_CHANCE_CHANGES,
    ),
    *map(_seen, ItemType),
    Setting(
        "seen_days",
        Whole(1, 36_500),
        36_500,
        "For how many days after its last use an item counts as used.",
        ranks=True,
        effect=_LISTS_CHANGE,
    ),
    Setting(
        "most_per_shop",
        Whole(0, 100),
        0,
        "At most so many offers of one shop in a list, as long as others can fill it; 0 = no limit.",
        ranks=True,
        effect=_LISTS_CHANGE,
    ),
    Setting(
        "diversity",
        Number(0, 1),
        0.0,
        "How much a list avoids offers that resemble those above them in shop, tags and keywords: 0, not at all.",
        ranks=True,
        effect=_LISTS_CHANGE,
    ),
    Setting(
        "recommendations_per_minute",
        Whole(0, _MOST_A_MINUTE),
        0,
        "How many recommendations each key may ask for in a minute; 0 = as many as the server allows. It never allows "
        "more than the server does.",
    ),
    Setting(
        "data_requests_per_minute",
        Whole(0, _MOST_A_MINUTE),
        0,
        "How many other requests each key may send in a minute, those of the dashboard included; 0 = as many as the "
        "server allows. It never allows more than the server does.",
    ),
    Setting(
        "auto_promote",
        Boolean(),
        True,
        "Whether a newly trained model goes live by itself when the evidence gate says promote.",
    ),
    Setting(
        "auto_rollback",
        Boolean(),
        True,
        "Whether a model is taken back by itself when it clearly does worse than the one before.",
    ),
    Setting(
        "model_retention_days",
        Whole(0, 36_500),
        60,
        "How long a model's arrays are kept after it was last live, or trained: so long can its answers be told again, "
        "and can it be promoted; 0 = for ever.",
        effect="With a shorter time, the arrays of older models go for good with the next cleaning up: their answers "
        "can no longer be told again, and they cannot be promoted.",
    ),
    Setting(
        "training_every_hours",
        Pause(LEAST_PAUSE_HOURS, 10_000),
        0.0,
        "The server trains so many hours after the last training, but no oftener than every six minutes; 0 = never by "
        "the clock.",
    ),
    Setting(
        "training_after_interactions",
        Whole(0, 1_000_000_000),
        0,
        "The server trains after so many interactions since the last training; 0 = never for that reason.",
    ),
)

SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _DECLARED}
"""All settings by name."""


def parse_settings(document: Any) -> dict[str, Any]:
    """The values of a document `{name: value}` in their JSON form; None puts a default back. Raises InvalidRequest."""
    if not is_object(document):
        raise InvalidRequest(
            "settings are a JSON object", code="malformed_body", hint='send {"most_per_shop": 2}'
        )
    return {name: _parsed(name, value) for name, value in document.items()}


def effective(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting's value in its JSON form: the stored one, else the default; what is no longer declared is left."""
    return {name: stored.get(name, setting.default) for name, setting in SETTINGS.items()}


def words_of(document: Any) -> str:
    """A setting's value as one writes it: SHOW, 0.5, true."""
    if isinstance(document, float):
        return f"{document:g}" if float(f"{document:g}") == document else repr(document)
    return document if isinstance(document, str) else msgspec.json.encode(document).decode()


def ranking_document(values: Mapping[str, Any]) -> str:
    """The settings that shape a ranking, as one text that is the same for the same values."""
    chosen = {name: values[name] for name, setting in sorted(SETTINGS.items()) if setting.ranks}
    return msgspec.json.encode(chosen).decode()


def _parsed(name: str, value: Any) -> Any:
    setting = SETTINGS.get(name)
    if setting is None:
        hint = f"settings are {', '.join(SETTINGS)}"
        raise InvalidRequest(f"there is no setting {name[:64]!r}", code="unknown_setting", hint=hint)
    if value is None:
        return None
    try:
        return setting.kind.render(setting.kind.parse(value))
    except FieldProblem as problem:
        hint = f"{name} takes {setting.kind.constraint()}"
        raise InvalidRequest(f"{name} {problem.message}", code="malformed_setting", hint=hint) from None
