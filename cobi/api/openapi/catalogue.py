"""What is asked and told of the catalogue."""

from __future__ import annotations

from cobi.api.openapi.answers import COUNT, TEXT, page_of, whole
from cobi.api.openapi.operation import operation
from cobi.api.openapi.parameters import POINT_IN_TIME, in_path, in_query, paging
from cobi.api.openapi.schemas import DAY, MOMENT, OBJECT, UUID, Schema, array_of, nullable, reference
from cobi.domain import patterns
from cobi.domain.catalogue import KINDS, MOST_DAYS, MOST_IMPRESSIONS, SORTS
from cobi.domain.fields import Text
from cobi.domain.recommendation import MAX_LIMIT

_KIND: Schema = {"type": "string", "enum": list(KINDS)}
_TRUTH: Schema = {"type": "boolean"}
_SEARCH: Schema = {"anyOf": [{"type": "string", "maxLength": 0}, Text().schema()]}

KIND_OF_ITEMS = in_path("kind", _KIND, "What to look through.")
CATALOGUE_PERIOD = [
    in_query(
        "from", POINT_IN_TIME, "How they did from this day on, in UTC; without both, the last four weeks."
    ),
    in_query("to", POINT_IN_TIME, "And before this one; alone, the four weeks up to it."),
]
CATALOGUE_FILTERS = [
    in_query("search", _SEARCH, "What their names hold, or an id; empty is all."),
    in_query("performance", {**_TRUTH, "default": False}, "Tell how they did; all below needs it."),
    in_query(
        "sort",
        {"type": "string", "enum": list(SORTS), "default": SORTS[0]},
        "Largest first; rates by the lower end of their interval, `uploaded` and `expires` earliest first.",
    ),
    *CATALOGUE_PERIOD,
    in_query("region", {"type": "string", "pattern": f"^({patterns.REGION})$"}, "Offers of this region."),
    *(
        in_query(f"{name}_id", UUID, f"Offers of this {name}; at most one of shop, tag and keyword.")
        for name in ("shop", "tag", "keyword")
    ),
    in_query(
        "expiring_within",
        {"type": "integer", "minimum": 1, "maximum": MOST_DAYS},
        "Enabled offers of public shops that end within so many days.",
    ),
    in_query(
        "unshown",
        {"type": "integer", "minimum": 0, "maximum": MOST_IMPRESSIONS},
        "Offers that may be shown now and had at most so many impressions; each with why.",
    ),
]


def catalogue_paths() -> Schema:
    """What can be asked for, path by path."""
    kind, own = KIND_OF_ITEMS, in_path("item_id", UUID, "The item.")
    listed = operation(
        "Page through shops, offers, tags or keywords; with how they did it takes the scope report",
        "recommend",
        {200: {"anyOf": [reference("Catalogue"), reference("CatalogueLook")]}},
        [kind, *CATALOGUE_FILTERS, *paging(50, 200)],
    )
    one = operation(
        "An item: its record, how it did day by day, what keeps it out of lists now",
        "report",
        {200: reference("CatalogueItem")},
        [kind, own, *CATALOGUE_PERIOD],
    )
    number: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 10}
    alike = operation(
        "What resembles an item among its kind, and why; neither logged nor counted",
        "recommend",
        {200: reference("SimilarItems")},
        [kind, own, in_query("limit", number, "How many.")],
    )
    return {
        "/v1/catalogue/{kind}": {"get": listed},
        "/v1/catalogue/{kind}/{item_id}": {"get": one},
        "/v1/catalogue/{kind}/{item_id}/similar": {"get": alike},
    }


def catalogue_schemas() -> Schema:
    """What is told, by name."""
    card: dict[str, Schema] = {
        "id": UUID,
        "name": TEXT,
        "region": nullable(TEXT),
        "shop_id": nullable(UUID),
        "shop": nullable(TEXT),
        "is_deleted": _TRUTH,
    }
    of_when: dict[str, Schema] = {"from": DAY, "to": DAY, "counted": nullable(MOMENT)}
    cause = whole(code=TEXT, message=TEXT, what_would_change_it=TEXT)
    looked = whole(
        **card,
        since=MOMENT,
        allowed_to=nullable(MOMENT),
        eligible=_TRUTH,
        performance=whole(**_performance()),
    )
    looked["properties"]["why"] = array_of(cause)
    return {
        "Catalogue": page_of(whole(**card)),
        "CatalogueLook": page_of(looked, matching=nullable(COUNT), all_names_read=_TRUTH, **of_when),
        "CatalogueItem": whole(
            kind=_KIND,
            id=UUID,
            name=TEXT,
            record=OBJECT,
            removed_by=array_of(cause),
            belongs_to=array_of(whole(kind=_KIND, id=UUID, name=TEXT)),
            offers=COUNT,
            performance=whole(**_performance()),
            by_day=array_of(whole(day=DAY, **_performance())),
            **of_when,
        ),
        "SimilarItems": whole(kind=_KIND, id=UUID, model_version=COUNT, items=array_of(_similar())),
    }


def _performance() -> dict[str, Schema]:
    number: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    rate = whole(value=nullable(number), low=number, high=number)
    counts = ("impressions", "clicked_impressions", "revealed_impressions", "interactions", "code_reveals")
    return {**dict.fromkeys(counts, COUNT), "click_through_rate": rate, "code_reveal_rate": rate}


def _similar() -> Schema:
    number: Schema = {"type": "number"}
    reason = whole(signal=TEXT, contribution=number, text=TEXT)
    return whole(item_id=UUID, name=TEXT, shop=nullable(TEXT), score=number, reasons=array_of(reason))
