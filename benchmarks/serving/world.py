"""A synthetic marketplace, written straight into a database: students, their histories, offers, a model of arrays."""

from __future__ import annotations

import os
import uuid

import numpy as np

from cobi.actions.ranking.shelf import read_catalogue
from cobi.domain.identifiers import content_id, format_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY
from cobi.domain.record_type import RecordType
from cobi.domain.records import CUSTOMERS, OFFERS, SHOPS
from cobi.recommenders.artifact import to_arrays
from cobi.recommenders.model import FORMAT, Model
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.sparse import SparseMatrix
from cobi.service.service import Service
from cobi.store import entities, interactions, models
from cobi.store.database import Database

STUDENTS = int(os.environ.get("SERVING_STUDENTS", "500000"))
OFFERS_COUNT = int(os.environ.get("SERVING_OFFERS", "20000"))
SHOPS_COUNT = 1_000
EVENTS_EACH = int(os.environ.get("SERVING_EVENTS", "10"))
ENTRIES = 200
"""Of each signal's row of the model."""

_AT_ONCE = 50_000
_SEED = 7


def an_id(kind: str, number: int) -> bytes:
    """The id of a record."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{number}").bytes


def student(number: int) -> str:
    """A student's id as it is sent."""
    return format_id(an_id("customers", number))


def fill(service: Service, now: int) -> None:
    """Write everything."""
    database = service._core.database  # noqa: SLF001 (no door takes a model)
    _add(database, SHOPS, [_shop(number) for number in range(SHOPS_COUNT)], now)
    _add(database, OFFERS, [_offer(number) for number in range(OFFERS_COUNT)], now)
    for first in range(0, STUDENTS, _AT_ONCE):
        last = min(first + _AT_ONCE, STUDENTS)
        _add(database, CUSTOMERS, [_customer(number) for number in range(first, last)], now)
    _interactions(database, now)
    model = _model(database)
    version = database.write(lambda t: models.add(t.connection, model.card, to_arrays(model), now))
    database.write(lambda t: models.go_live(t.connection, version, now))


def _add(database: Database, kind: RecordType, rows: list[dict[str, object]], now: int) -> None:
    blank = dict.fromkeys(field.column for field in kind.fields)
    database.write(lambda t: entities.add(t.connection, kind, [{**blank, **row} for row in rows], now))


def _shop(number: int) -> dict[str, object]:
    return {"shop_id": an_id("shops", number), "name": f"Shop {number}", "region": "BH"}


def _offer(number: int) -> dict[str, object]:
    named = {"offer_id": an_id("offers", number), "name": f"Offer {number}", "region": "BH"}
    return {**named, "shop_key": 1 + number % SHOPS_COUNT, "type": "percentage", "value": 20.0}


def _customer(number: int) -> dict[str, object]:
    return {"customer_id": an_id("customers", number), "user_id": an_id("users", number), "region": "BH"}


def _interactions(database: Database, now: int) -> None:
    """Each student's events lie anywhere in the last hundred days; offers are popular by Zipf's law."""
    luck = np.random.default_rng(_SEED)
    total = STUDENTS * EVENTS_EACH
    for first in range(0, total, _AT_ONCE):
        # In the order of time, as they would have come.
        size = min(_AT_ONCE, total - first)
        times = np.sort(now - luck.integers(0, DAY, size) - (total - first - size) * 100 * DAY // total)
        students = luck.integers(1, STUDENTS + 1, size).tolist()
        items = (1 + (OFFERS_COUNT * luck.random(size) ** 2).astype(np.int64)).tolist()
        kinds = luck.integers(1, 5, size).tolist()
        rows = [
            (content_id(at, b"%d" % (first + place)), at, kind, 1, item, who, *[None] * 6, at)
            for place, (at, kind, item, who) in enumerate(
                zip(times.tolist(), kinds, items, students, strict=True)
            )
        ]
        database.write(lambda t, rows=rows: interactions.add(t.connection, rows))


def _model(database: Database) -> Model:
    """Every item a signal with its entries anywhere, and a popular head."""
    with database.read() as connection:
        catalogue, _ = read_catalogue(connection)
    luck, size = np.random.default_rng(_SEED), catalogue.size
    space = SignalSpace(catalogue.item_type, {})
    offers = catalogue.of_type(ItemType.OFFER)
    many = offers.stop - offers.start
    columns = (luck.random((space.size, ENTRIES)) ** 2 * many).astype(np.int64) + offers.start
    rows = np.repeat(np.arange(space.size), ENTRIES)
    values = luck.random(space.size * ENTRIES)
    shape = (space.size, size)
    matrix = SparseMatrix.of_triples(rows, columns.ravel(), values, shape).stored_as(np.float32)
    settings = Settings()
    card = {"format": FORMAT, "settings": settings.as_json(), "algorithm": "synthetic", "seed": _SEED}
    return Model(catalogue, space, settings, matrix, card)
