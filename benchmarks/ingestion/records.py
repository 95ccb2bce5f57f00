"""Records as marketplaces send them, already encoded, so that making them costs the measurement nothing."""

from __future__ import annotations

import random
import uuid

import msgspec

STUDENTS, OFFERS, SHOPS, PSEUDONYMS = 200_000, 20_000, 500, 20_000
BATCH = 5000
_NAMESPACE = 0x5BA0C0B100004000_8000000000000000
_OLDEST = 1_760_000_000  # seconds since 1970
_SPAN = 3600
_TYPES = ("PAGE_VIEW", "FILTER_CLICK", "SHARE", "DISCOUNT_CODE")
_CITIES = ("Manama", "Muharraq", "Riffa", "Isa Town", "Dubai", "Abu Dhabi")


def an_id(kind: int, number: int) -> str:
    """The id of a record: spread over the whole space as random ids are, and the same in every run."""
    mixed = (kind << 32 | number) * 0x9E3779B97F4A7C15F39CC0605CEDC835 & (1 << 128) - 1
    return str(uuid.UUID(int=mixed ^ _NAMESPACE, version=4))


def customers(first: int, count: int) -> list[bytes]:
    """Students `first` and following."""
    return [
        msgspec.json.encode(
            {"customer_id": an_id(1, at), "user_id": an_id(2, at), "region": "BH", "gender": "female"}
        )
        for at in range(first, first + count)
    ]


def shops() -> list[bytes]:
    """All shops."""
    return [
        msgspec.json.encode({"shop_id": an_id(3, at), "name": f"Shop {at}", "region": "BH"})
        for at in range(SHOPS)
    ]


def offers(first: int, count: int, version: int = 0) -> list[bytes]:
    """Offers `first` and following; every second one differs from one version to the next."""
    return [
        msgspec.json.encode(
            {
                "offer_id": an_id(4, at),
                "shop_id": an_id(3, at % SHOPS),
                "name": f"{at % 50} % off",
                "type": "percentage",
                "value": 1 + at % 50 + (version if at % 2 else 0),
                "region": "BH",
                "allowed_from": "2026-01-01T00:00:00Z",
                "allowed_to": "2027-01-01T00:00:00Z",
                "allowed_days": "Monday,Friday",
                "is_enabled": True,
            }
        )
        for at in range(first, first + count)
    ]


def interactions(count: int, seed: int) -> list[bytes]:
    """New interactions of an hour of its own, about in order: nine of ten by known students, one by a pseudonym."""
    luck = random.Random(seed)
    start = _OLDEST + seed * _SPAN
    return [
        msgspec.json.encode(
            {
                "interaction_type": luck.choice(_TYPES),
                "item_type": "OFFER",
                "item_id": an_id(4, luck.randrange(OFFERS)),
                "event_timestamp": 1000 * start + at * 1000 * _SPAN // count + luck.randrange(5000),
                **_who(luck),
                "city": luck.choice(_CITIES),
                "country": "Bahrain",
                "platform": luck.choice(("ANDROID", "IOS", "WEB")),
                "source": None,
            }
        )
        for at in range(count)
    ]


def _who(luck: random.Random) -> dict[str, str]:
    if luck.random() < 0.1:
        return {"user_id": an_id(5, luck.randrange(PSEUDONYMS))}
    return {"student_id": an_id(1, luck.randrange(STUDENTS))}


def batches(records: list[bytes]) -> list[bytes]:
    """Bodies of the largest size that carry these records."""
    return [
        b'{"records":[' + b",".join(records[at : at + BATCH]) + b"]}" for at in range(0, len(records), BATCH)
    ]
