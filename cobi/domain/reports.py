"""What may be asked of a report."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import Text
from cobi.domain.interaction import Platform

ARM = Text(100)
"""An arm is asked for as reports name it: the experiment's name, a colon, its own."""


@dataclass(frozen=True)
class Question:
    """Which figures a report is to show; None leaves a dimension open. Moments, `until` exclusive."""

    since: int | None = None
    until: int | None = None
    model_version: int | None = None
    arm: str | None = None
    region: str | None = None
    platform: Platform | None = None
    shop_id: bytes | None = None
    tag_id: bytes | None = None
    position: int | None = None

    def __post_init__(self) -> None:
        given = [
            name for name in ("platform", "shop_id", "tag_id", "position") if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise InvalidRequest(
                f"{' and '.join(given)} cannot be combined",
                code="malformed_parameter",
                hint="figures are kept by position, by platform and by item, not by several of them at once",
            )

    @property
    def of_answers(self) -> bool:
        """Whether answers and impressions are told apart by it too; platform and item are the interactions'."""
        return self.platform is None and self.shop_id is None and self.tag_id is None
