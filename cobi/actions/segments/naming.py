"""Between names, as people say them, and the ids that rules hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cobi.domain.errors import InvalidRequest
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.segments.rule import Rule
from cobi.store import catalogue_search
from cobi.store.database import Connection

MOST_NAMED = 50
"""Records of one name that a rule takes as alternatives."""

_NEAR = 6


def resolve(connection: Connection, kind: str, name: str) -> list[str]:
    """The ids of all records of a kind that are called so, or of the one with this in its name.

    An id stands for itself. Raises InvalidRequest with what may be meant.
    """
    identifier = parse_id(name)
    if identifier is not None:
        return [format_id(identifier)]
    exact = catalogue_search.called(connection, kind, name, MOST_NAMED)
    if exact:
        return [format_id(found) for found, _ in exact]
    near = catalogue_search.page(connection, kind, name, _NEAR, 0).rows
    if len(near) == 1:
        return [format_id(near[0]["id"])]
    meant = ", ".join(dict.fromkeys(row["name"] for row in near))
    raise InvalidRequest(
        f"none of the {kind} is called {name[:64]!r}", hint=f"did you mean {meant}?" if meant else None
    )


def names(connection: Connection, rules: Iterable[Rule]) -> dict[str, str]:
    """What the ids in rules are called, those that are stored."""
    wanted: dict[str, set[bytes]] = {}
    for rule in rules:
        for kind, ids in _ids(rule):
            wanted.setdefault(kind, set()).update(ids)
    return {
        format_id(identifier): name
        for kind, ids in wanted.items()
        for identifier, name in catalogue_search.names(connection, kind, ids).items()
    }


def _ids(rule: Rule) -> Iterator[tuple[str, Sequence[bytes]]]:
    for one in rule.nested():
        yield "institutes", one.institutes
        yield "courses", one.courses
        if one.did is not None:
            for kind in ("offers", "shops", "tags", "keywords"):
                yield kind, getattr(one.did, kind)
        if one.bought is not None:
            yield "shops", one.bought.shops
            yield "offers", one.bought.offers
        if one.favourites is not None:
            yield "shops", one.favourites.shops
