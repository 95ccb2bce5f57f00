"""Reading path and query parameters, with errors that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import EventTime, FieldProblem, Text
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ItemType, Platform
from cobi.domain.recommendation import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, MOST_EXCLUDED, Wanted
from cobi.domain.regions import REGIONS
from cobi.domain.reports import ARM

Query = Mapping[str, str]
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def identifier(name: str, text: str) -> bytes:
    """A UUID; raises InvalidRequest."""
    parsed = parse_id(text)
    if parsed is None:
        raise InvalidRequest(f"{name} {text[:64]!r} is not a UUID", code="malformed_id")
    return parsed


def boolean(query: Query, name: str) -> bool:
    """True or false, absent = false."""
    text = query.get(name, "false").lower()
    if text not in _BOOLEANS:
        raise InvalidRequest(f"{name} must be true or false, not {text[:64]!r}", code="malformed_parameter")
    return _BOOLEANS[text]


def limit(query: Query, default: int, most: int) -> int:
    """How many to answer, from 1."""
    text = query.get("limit", str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most):
        raise InvalidRequest(f"limit must be from 1 to {most}, not {text[:64]!r}", code="malformed_parameter")
    return int(text)


def whole(query: Query, name: str, least: int, most: int) -> int | None:
    """A whole number inside bounds, absent = None."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 11 and least <= int(text) <= most):
        raise InvalidRequest(
            f"{name} must be from {least} to {most}, not {text[:64]!r}", code="malformed_parameter"
        )
    return int(text)


def choice(query: Query, name: str, among: Sequence[str]) -> str:
    """One of some words, absent = the first."""
    text = query.get(name, among[0])
    if text not in among:
        message = f"{name} must be one of {', '.join(among)}, not {text[:64]!r}"
        raise InvalidRequest(message, code="malformed_parameter")
    return text


def optional_identifier(query: Query, name: str) -> bytes | None:
    """A UUID, absent = None."""
    text = query.get(name)
    return None if text is None else identifier(name, text)


def region(query: Query) -> str | None:
    """One region, absent = None."""
    text = query.get("region")
    if text is not None and text.upper() not in REGIONS:
        message = f"region {text[:64]!r} is not an ISO 3166-1 alpha-2 code"
        raise InvalidRequest(message, code="malformed_parameter", hint="send region=BH")
    return None if text is None else text.upper()


def arm(query: Query) -> str | None:
    """The name of an arm, absent = None."""
    text = query.get("arm")
    try:
        return None if text is None else ARM.parse(text)
    except FieldProblem as problem:
        raise InvalidRequest(f"arm {problem.message}", code="malformed_parameter") from None


def code(query: Query) -> str | None:
    """A reason code, absent = None."""
    text = query.get("code")
    if text is not None and not (text.isascii() and text.isidentifier()):
        raise InvalidRequest(f"code {text[:64]!r} is not a reason code", code="malformed_parameter")
    return text


def moment(query: Query, name: str) -> int | None:
    """A point in time in any form interactions take (D22), absent = None."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return EventTime().parse(EventTime().from_text(text))
    except FieldProblem as problem:
        # In an address a bare + means a blank.
        hint = "write the + of an offset as %2B" if " " in text.strip() else None
        raise InvalidRequest(f"{name} {problem.message}", code="malformed_parameter", hint=hint) from None


def item_type(query: Query) -> ItemType | None:
    """One of the item types, absent = None."""
    text = query.get("item_type")
    if text is not None and text not in ItemType.__members__:
        raise InvalidRequest(
            f"item_type must be one of {', '.join(ItemType.__members__)}, not {text[:64]!r}",
            code="malformed_parameter",
        )
    return None if text is None else ItemType[text]


def regions(query: Query) -> tuple[str, ...] | None:
    """Comma-separated regions, absent or empty = None."""
    codes = [part.strip().upper() for part in query.get("regions", "").split(",") if part.strip()]
    unknown = next((code for code in codes if code not in REGIONS), None)
    if unknown is not None:
        message = f"regions has {unknown[:64]!r}, which is not an ISO 3166-1 alpha-2 code"
        raise InvalidRequest(message, code="malformed_parameter", hint="send regions=BH,AE")
    return tuple(dict.fromkeys(codes)) or None


_USUAL = Wanted()


def wanted(query: Query) -> Wanted:
    """What a caller asks of a recommendation (D28, D31)."""
    if not query:
        return _USUAL
    return Wanted(
        limit(query, DEFAULT_LIMIT, MAX_LIMIT),
        regions(query),
        boolean(query, "includeSegments"),
        boolean(query, "explain"),
        item_type(query) or ItemType.OFFER,
        offset(query),
        excluded(query),
        platform(query),
        city(query),
        continues(query),
    )


def glanced(query: Query) -> Wanted:
    """What of a list is looked at without its being sent."""
    return Wanted(limit(query, DEFAULT_LIMIT, MAX_LIMIT), regions(query), exclude=excluded(query))


def offset(query: Query) -> int:
    """How many of the best are passed over."""
    text = query.get("offset", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MAX_OFFSET):
        message = f"offset must be from 0 to {MAX_OFFSET}, not {text[:64]!r}"
        raise InvalidRequest(message, code="malformed_parameter")
    return int(text)


def continues(query: Query) -> bytes | None:
    """The answer whose next page is wanted, absent = None; it says by itself of which list, and from where."""
    found = optional_identifier(query, "continues")
    for other in ("offset", "includeSegments") if found is not None else ():
        if other in query:
            hint = f"leave {other} out: the page goes on where that answer ended"
            raise InvalidRequest(
                f"continues and {other} exclude each other", code="malformed_parameter", hint=hint
            )
    return found


def excluded(query: Query) -> tuple[bytes, ...]:
    """Comma-separated ids of items that are not wanted."""
    texts = [part.strip() for part in query.get("exclude", "").split(",") if part.strip()]
    if len(texts) > MOST_EXCLUDED:
        message = f"exclude names {len(texts)} items, at most {MOST_EXCLUDED} are taken"
        raise InvalidRequest(message, code="malformed_parameter")
    return tuple(sorted({identifier("exclude", text) for text in texts}))


def platform(query: Query) -> Platform | None:
    """Where the list is to be shown, absent = None."""
    text = query.get("platform")
    if text is not None and text not in Platform.__members__:
        message = f"platform must be one of {', '.join(Platform.__members__)}, not {text[:64]!r}"
        raise InvalidRequest(message, code="malformed_parameter")
    return None if text is None else Platform[text]


def text(query: Query, name: str) -> str | None:
    """Some characters that a name can have, absent or blank = None."""
    try:
        return Text().parse(query[name]) if query.get(name, "").strip() else None
    except FieldProblem as problem:
        raise InvalidRequest(f"{name} {problem.message}", code="malformed_parameter") from None


def city(query: Query) -> str | None:
    """Where the student is, absent = None."""
    try:
        return Text().parse(query["city"]) if "city" in query else None
    except FieldProblem as problem:
        raise InvalidRequest(f"city {problem.message}", code="malformed_parameter") from None


def version(name: str, text: str) -> int:
    """A model version, from 1; raises InvalidRequest."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) >= 1):
        raise InvalidRequest(
            f"{name} {text[:64]!r} is not a model version",
            code="malformed_parameter",
            hint="versions are whole numbers from 1; GET /v1/models lists them",
        )
    return int(text)
