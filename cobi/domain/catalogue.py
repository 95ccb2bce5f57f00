"""What may be asked of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.errors import InvalidRequest
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.moments import DAY

KINDS = tuple(ITEM_RECORD_TYPES.values())
"""What the catalogue is made of, as record types."""

ITEM_TYPES = {name: item_type for item_type, name in ITEM_RECORD_TYPES.items()}

FIGURES = (
    "impressions",
    "click_through_rate",
    "code_reveal_rate",
    "interactions",
    "code_reveals",
)
"""What items can be sorted by, largest first; rates by the lower end of their interval, so that no lucky few lead."""

SORTS = ("uploaded", "newest", "expires", *FIGURES)

MOST_DAYS = 3650
"""Of the time until an offer expires."""

MOST_IMPRESSIONS = 1_000_000_000
"""Of an offer that hardly anybody is shown."""

USUAL_DAYS = 28
"""So many last days, today included, are looked at where no period is named."""


@dataclass(frozen=True)
class Looking:
    """Which items are wanted and how; None leaves a condition open.

    `expiring_within` is in days from now; `unshown` is the most impressions an offer may have that nobody is shown.
    """

    kind: str
    search: str | None = None
    period: tuple[int, int] | None = None
    """Days since 1970 in UTC, the end exclusive; None = the last four weeks."""
    sort: str = SORTS[0]
    region: str | None = None
    belongs_to: tuple[ItemType, bytes] | None = None
    expiring_within: int | None = None
    unshown: int | None = None

    def __post_init__(self) -> None:
        offers_only = [
            name
            for name in ("region", "belongs_to", "expiring_within", "unshown")
            if getattr(self, name) is not None
        ]
        if self.sort == "expires":
            offers_only.append("sort=expires")
        if offers_only and self.kind != ITEM_RECORD_TYPES[ItemType.OFFER]:
            raise InvalidRequest(
                f"{offers_only[0].replace('belongs_to', 'a shop, tag or keyword')} can be asked of offers only",
                code="malformed_parameter",
                hint="ask /v1/catalogue/offers",
            )

    @property
    def item_type(self) -> ItemType:
        """The kind as a type."""
        return ITEM_TYPES[self.kind]


def last_days(now: int, days: int = USUAL_DAYS) -> tuple[int, int]:
    """The last so many days, today included: the first of them and the end, exclusive."""
    today = now // DAY
    return max(0, today - days + 1), today + 1
