"""Reading records one by one: Cobi's declarations beside bare JSON decoding and beside a compiled struct.

The struct checks types only, stops at a record's first error and cannot trim or suggest; it is what a fast
path could cost.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from cobi.actions.ingesting.submission import Submission, read
from cobi.domain.interaction_record import INTERACTIONS

RECORDS, ROUNDS = 5000, 9


class Interaction(msgspec.Struct):
    """The interaction as msgspec alone would have it."""

    interaction_type: Literal["FILTER_CLICK", "SHARE", "PAGE_VIEW", "DISCOUNT_CODE"]
    item_type: Literal["TAG", "OFFER", "SHOP", "KEYWORD"]
    item_id: uuid.UUID
    event_timestamp: int
    student_id: uuid.UUID | None = None
    city: str | None = None
    country: str | None = None
    platform: Literal["ANDROID", "IOS", "WEB", "OTHER"] | None = None
    source: Literal["COBI"] | None = None
    recommendation_id: uuid.UUID | None = None


def bodies(seed: int = 0) -> list[bytes]:
    """Interactions as apps send them."""
    random = np.random.default_rng(seed)
    ids = [str(uuid.UUID(bytes=random.bytes(16))) for _ in range(1000)]
    return [
        msgspec.json.encode(
            {
                "interaction_type": "PAGE_VIEW",
                "student_id": ids[random.integers(1000)],
                "item_type": "OFFER",
                "item_id": ids[random.integers(1000)],
                "city": "Berlin",
                "country": "Germany",
                "platform": "WEB",
                "event_timestamp": 1718035200 + number,
                "source": None,
            }
        )
        for number in range(RECORDS)
    ]


def rate(work: Callable[[], Any]) -> float:
    """Records per second, the median of the rounds."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return RECORDS / statistics.median(seconds)


def main(_arguments: Sequence[str] = ()) -> None:
    """Print the three rates."""
    sent = bodies()
    plain, struct = msgspec.json.Decoder(), msgspec.json.Decoder(Interaction)
    rates = {
        "JSON decoded, nothing checked": rate(lambda: [plain.decode(body) for body in sent]),
        "msgspec.Struct, types checked": rate(lambda: [struct.decode(body) for body in sent]),
        "Cobi, read by the declaration": rate(lambda: read(Submission(INTERACTIONS, sent, "", "", 0))),
    }
    for name, measured in rates.items():
        share = measured / rates["Cobi, read by the declaration"]
        print(f"  {name:32} {measured:12,.0f} records/s   {share:5.1f} x Cobi")


if __name__ == "__main__":
    main()
