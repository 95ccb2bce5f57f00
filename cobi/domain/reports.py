"""What may be asked of a report."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    def shares_answers_with(self, other: Question) -> bool:
        """Whether one answer can count for both, so that their rates are no two samples."""
        apart = any(
            None not in (mine, theirs) and mine != theirs
            for mine, theirs in ((self.model_version, other.model_version), (self.arm, other.arm))
        )
        return not (apart or _ends_before(self, other) or _ends_before(other, self))


@dataclass(frozen=True)
class Against:
    """What a report is compared with: what it names takes the place of the same in the report's own question."""

    before: bool = False
    since: int | None = None
    until: int | None = None
    model_version: int | None = None
    arm: str | None = None

    def of(self, question: Question) -> Question:
        """The other question; raises InvalidRequest where the period before is not known."""
        if self.before:
            return _before(question)
        if self.since is not None:
            return replace(question, since=self.since, until=self.until)
        if self.arm is not None:
            return replace(question, arm=self.arm)
        return replace(question, model_version=self.model_version)


def _ends_before(one: Question, other: Question) -> bool:
    return one.until is not None and other.since is not None and one.until <= other.since


def _before(question: Question) -> Question:
    """The same of the period of the same length just before, as far as there is time: nothing is older than 1970."""
    if question.since is None or question.until is None or question.until < question.since:
        raise InvalidRequest(
            "the period before is that of a report from one moment to a later one",
            code="malformed_parameter",
            hint="send from and to with against=before",
        )
    return replace(question, since=max(0, 2 * question.since - question.until), until=question.since)
