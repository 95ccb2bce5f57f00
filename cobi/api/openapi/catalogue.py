"""What is told of the catalogue."""

from __future__ import annotations

from cobi.api.openapi.answers import TEXT, page_of, whole
from cobi.api.openapi.schemas import UUID, Schema, nullable


def catalogue_schemas() -> Schema:
    """What is told, by name."""
    item = whole(
        id=UUID,
        name=TEXT,
        region=nullable(TEXT),
        shop_id=nullable(UUID),
        shop=nullable(TEXT),
        is_deleted={"type": "boolean"},
    )
    return {"Catalogue": page_of(item)}
