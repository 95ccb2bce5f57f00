"""Records to test with: of each type a minimal and a full one, told apart by a number."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from cobi.domain.batch import BatchResult
from cobi.domain.fields import Reference
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import SECOND
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service

NOON = 1_781_524_800 * SECOND
"""Monday 15 June 2026, 12:00 UTC: the time of tests, in microseconds."""

HOUR = 3600 * SECOND
TYPES = tuple(RECORD_TYPES)
"""The names of the fourteen uploaded types, in upload order."""

ALL_TYPES: dict[str, RecordType] = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}

_NAMESPACE = uuid.UUID("5ba0c0b1-0000-4000-8000-000000000000")

# What a new record needs beyond its id and its references.
_NEEDED: dict[str, dict[str, Any]] = {
    "shops": {"name": "Pizza Corner", "region": "BH"},
    "categories": {"name": "Food"},
    "tags": {"name": "pizza"},
    "keywords": {"name": "slice"},
    "institutes": {"name": "University of Dilmun", "region": "BH"},
    "courses": {"name": "Astronomy"},
    "customers": {"region": "BH"},
    "branches": {"name": "Pizza Corner, Harbour", "region": "BH"},
    "offers": {"name": "20 % off", "type": "percentage", "value": 20, "region": "BH"},
    "shop-categories": {"region": "BH"},
    "shop-tags": {},
    "shop-keywords": {},
    "student-favourites": {},
    "transactions": {"region": "BH", "savings": 1.5, "amount": 6},
}
_OPTIONAL: dict[str, dict[str, Any]] = {
    "shops": {"is_public": True},
    "categories": {"region": "AE"},
    "customers": {"birthdate": "2004-02-29", "gender": "female"},
    "branches": {"latitude": 26.2235, "longitude": 50.5876},
    "offers": {
        "allowed_from": "2026-01-01T00:00:00Z",
        "allowed_to": "2026-12-31T23:59:59Z",
        "allowed_branches": "{branches}",
        "allowed_days": "Monday,Friday",
        "is_enabled": True,
    },
    "transactions": {
        "source": "in-store",
        "discount_name": "Student Monday",
        "discount_type": "percentage",
        "discount_value": 20.0,
    },
}
_AUDIT = {"created": "2026-06-01T08:00:00Z", "updated": "2026-06-02T08:00:00Z", "is_deleted": False}


def an_id(kind: str, number: int = 0) -> str:
    """The id of the record of that type and number."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{number}"))


def minimal(kind: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    """The smallest valid record; it refers to the records numbered 0."""
    record_type = RECORD_TYPES[kind]
    record: dict[str, Any] = {record_type.id_field.name: an_id(kind, number)}
    for field in record_type.fields[1:]:
        if field.required and isinstance(field.kind, Reference):
            record[field.name] = an_id(field.kind.to)
    if kind == "customers":
        record["user_id"] = an_id("pseudonyms", number)
    return {**record, **_NEEDED[kind], **changes}


def full(kind: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    """A valid record with every field, written as it is read back."""
    record = {**minimal(kind, number), **_OPTIONAL.get(kind, {}), **_AUDIT}
    for field, to in RECORD_TYPES[kind].references:
        record[field.name] = an_id(to)
    if kind == "offers":
        record["allowed_branches"] = an_id("branches")
    return {**record, **changes}


def interaction(**changes: Any) -> dict[str, Any]:
    """A page view of offer 0 by student 0 at noon."""
    record = {
        "interaction_type": "PAGE_VIEW",
        "item_type": "OFFER",
        "item_id": an_id("offers"),
        "event_timestamp": NOON // SECOND,
        "student_id": an_id("customers"),
    }
    return {**record, **changes}


def a_record(kind: str, **changes: Any) -> dict[str, Any]:
    """A minimal record of any type, interactions included."""
    return interaction(**changes) if kind == INTERACTIONS.name else minimal(kind, **changes)


def bodies(records: Iterable[Any]) -> list[bytes]:
    """Records as the bytes a door hands to the service."""
    return [record if isinstance(record, bytes) else msgspec.json.encode(record) for record in records]


def upload(service: Service, kind: str, *records: Any, request_id: str | None = None) -> BatchResult:
    """Upload records of one type, as a request of its own."""
    return service.upload(ALL_TYPES[kind], bodies(records), request_id or str(uuid.uuid4()))


def upload_all(service: Service, types: Sequence[str] = TYPES, *, count: int = 1) -> None:
    """Upload the first `count` minimal records of each type."""
    for kind in types:
        result = upload(service, kind, *(minimal(kind, number) for number in range(count)))
        assert result.status == "success", result.errors()
