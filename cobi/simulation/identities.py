"""Ids that follow from (seed, kind, number), so that the same world has the same ids everywhere."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "simulated campus marketplace")


def identity(seed: int, kind: str, number: int | str) -> str:
    """Answer the UUIDv5 of a numbered thing of the world."""
    return str(uuid.uuid5(_NAMESPACE, f"{seed}/{kind}/{number}"))


@dataclass(frozen=True, slots=True)
class Identities:
    """The ids of everything interactions and recommendations speak of, by row."""

    students: list[str]
    users: list[str]
    offers: list[str]
    shops: list[str]
    tags: list[str]
    keywords: list[str]
    offer_rows: dict[str, int]


def identities(seed: int, students: int, offers: int, shops: int, tags: int, keywords: int) -> Identities:
    """Name as many students, offers, shops, tags and keywords as asked."""

    def numbered(kind: str, count: int) -> list[str]:
        return [identity(seed, kind, number) for number in range(count)]

    offer_ids = numbered("offer", offers)
    return Identities(
        students=numbered("student", students),
        users=numbered("user", students),
        offers=offer_ids,
        shops=numbered("shop", shops),
        tags=numbered("tag", tags),
        keywords=numbered("keyword", keywords),
        offer_rows={offer: row for row, offer in enumerate(offer_ids)},
    )
