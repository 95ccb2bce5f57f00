"""The schemas of segments and their rules."""

from __future__ import annotations

from cobi.api.openapi.schemas import MOMENT, UUID, Schema, array_of, nullable, record_schema, reference
from cobi.domain.interaction import InteractionType
from cobi.domain.records import CUSTOMERS, TAGS
from cobi.domain.segments.reading import DEEPEST, MOST_CHOICES, MOST_DAYS, MOST_TIMES, MOST_TOGETHER, OLDEST

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NAMES: Schema = {
    "type": "object",
    "additionalProperties": _TEXT,
    "description": "What the ids in rules are called, by id.",
}


def segment_schemas() -> Schema:
    """Segments, by name."""
    sized = {"members": nullable(_COUNT), "counted": nullable(MOMENT)}
    moments = {"created": MOMENT, "updated": MOMENT}
    own = _whole(segment_id=UUID, name=_TEXT, rule=reference("Rule"), **sized, **moments)
    offer = _whole(offer_id=UUID, name=_TEXT, shop=_TEXT)
    return {
        **{_rule_name(depth): _rule(depth) for depth in range(1, DEEPEST + 1)},
        "SegmentInList": own,
        "Segment": {"allOf": [reference("SegmentInList"), _whole(names=_NAMES)]},
        "Segments": _whole(
            segments=array_of(
                {"allOf": [reference("SegmentInList"), _open_to(offers=nullable(array_of(offer)))]}
            ),
            names=_NAMES,
        ),
        "SegmentDeleted": _whole(segment_id=UUID, deleted=MOMENT),
        "SegmentPreview": _preview(),
        "SegmentSuggestions": _suggestions(),
    }


def _preview() -> Schema:
    """With `count_only` the counts alone."""
    reason = _whole(signal=_TEXT, contribution={"type": "number"}, text=_TEXT)
    recommended = _whole(offer_id=UUID, name=_TEXT, shop=_TEXT, reasons=array_of(reason))
    counts = dict.fromkeys(("members", "students"), _COUNT)
    told = _whole(rule=reference("Rule"), **counts, counted=MOMENT)
    ids = dict.fromkeys(("sample", "offers"), array_of(UUID))
    told["properties"] |= {**ids, "names": _NAMES, "recommended": array_of(recommended)}
    return told


def _open_to(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def _suggestions() -> Schema:
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    shares = dict.fromkeys(("share", "precision", "recall", "stability"), share)
    told = ("condition", "value", "name")
    lift: Schema = {"type": "number", "minimum": 0}
    signal = _whole(**dict.fromkeys(told, _TEXT), share=share, everybody=share, lift=lift)
    found = _whole(name=_TEXT, rule=reference("Rule"), students=_COUNT, **shares, signals=array_of(signal))
    counts = dict.fromkeys(("students", "sampled", "active"), _COUNT)
    return _whole(counted=MOMENT, **counts, suggestions=array_of(found), names=_NAMES)


def segment_to_make() -> Schema:
    """What a segment is made from."""
    schema = segment_to_change()
    return {**schema, "properties": {"segment_id": nullable(UUID), **schema["properties"]}}


def segment_to_change() -> Schema:
    """What a segment is changed into."""
    name = record_schema(TAGS)["properties"]["name"]
    return {**_whole(name=name, rule=reference("Rule")), "additionalProperties": False}


def segment_to_preview() -> Schema:
    """What a preview is asked by."""
    told: Schema = {**_whole(rule=reference("Rule")), "additionalProperties": False}
    flag: Schema = {"type": "boolean", "default": False}
    told["properties"] |= dict.fromkeys(("count_only", "explain"), flag)
    return told


def _rule_name(depth: int) -> str:
    return "Rule" if depth == 1 else f"RuleAtDepth{depth}"


def _rule(depth: int) -> Schema:
    """A rule at a depth; one schema for each, as no more than a few are allowed."""
    customer = record_schema(CUSTOMERS)["properties"]
    region = {"type": "string", "pattern": customer["region"]["pattern"]}
    gender = customer["gender"]["anyOf"][0]
    fields = {"regions": _list(region), "institutes": _ids(), "courses": _ids(), "genders": _list(gender)}
    ages = dict.fromkeys(("min_age", "max_age"), _number(0, OLDEST))
    days = dict.fromkeys(("new_within_days", "inactive_days"), _number(1, MOST_DAYS))
    deeds = {"did": _did(), "bought": _bought(), "favourites": _favourites()}
    inside: Schema = {}
    if depth < DEEPEST:
        deeper = reference(_rule_name(depth + 1))
        rules = {**array_of(deeper), "minItems": 1, "maxItems": MOST_TOGETHER}
        inside = {"all": nullable(rules), "any": nullable(rules), "not": nullable(deeper)}
    return _open(**fields, **ages, **days, **deeds, **inside)


def _did() -> Schema:
    types = _list({"type": "string", "enum": list(InteractionType.__members__)})
    items = {name: _ids() for name in ("offers", "shops", "tags", "keywords")}
    return nullable(_open(types=types, **items, **_how_often()))


def _bought() -> Schema:
    savings: Schema = nullable({"type": "number", "minimum": 0, "maximum": 1e12})
    return nullable(_open(shops=_ids(), offers=_ids(), **_how_often(), min_savings=savings))


def _favourites() -> Schema:
    return nullable(_open(shops=_ids(), at_least=_number(1, MOST_TIMES)))


def _how_often() -> dict[str, Schema]:
    return {"within_days": _number(1, MOST_DAYS), "at_least": _number(1, MOST_TIMES)}


def _number(least: int, most: int) -> Schema:
    return nullable({"type": "integer", "minimum": least, "maximum": most})


def _ids() -> Schema:
    return _list(UUID)


def _list(choice: Schema) -> Schema:
    return nullable({**array_of(choice), "maxItems": MOST_CHOICES})


def _open(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _whole(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}
