"""What became of the apps' claims that an interaction came of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.effectiveness.state import OF_CLAIMS, PATH, State, address
from cobi.dashboard.wording import count, percent
from cobi.domain.interaction import Outcome

MEANING = {
    Outcome.MATCHED: "the list they name showed the item to that student",
    Outcome.INFERRED: "they name no list, and the student's last one showed the item",
    Outcome.ITEM_NOT_SHOWN: "the list they name did not show the item",
    Outcome.OTHER_STUDENT: "the list they name was another student's",
    Outcome.EXPIRED: "the list they name was too old",
    Outcome.BEFORE_SERVED: "they happened before the list they name",
    Outcome.UNKNOWN_ID: "nobody knows the list they name",
    Outcome.MISSING_ID: "they name no list, and the student's last one did not show the item",
    Outcome.FORGED: "the list they name cannot have been given here",
}


@dataclass(frozen=True)
class Claim:
    """An outcome: whether it counts as attributed, how many came to it, which share of all, and where they are seen."""

    name: str
    meaning: str
    counts: bool
    number: str
    share: str
    width: float
    href: str


def claims(outcomes: Mapping[str, Any], state: State) -> Sequence[Claim]:
    """The outcomes that occurred, those that count first."""
    kept = {name: state[name] for name in OF_CLAIMS if name in state}
    whole = sum(outcomes.values())
    return [
        Claim(
            outcome.name,
            MEANING[outcome],
            outcome.attributed,
            count(outcomes[outcome.name]),
            percent(outcomes[outcome.name] / whole),
            round(100 * outcomes[outcome.name] / whole, 2),
            address(kept, {"outcome": outcome.name}, f"{PATH}/claims"),
        )
        for outcome in Outcome
        if outcomes[outcome.name]
    ]
