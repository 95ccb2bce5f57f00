"""What a training reads of the catalogue beside what hangs together."""

from __future__ import annotations

import numpy as np

from cobi.actions.learning.train import Lessons, gather
from cobi.actions.ranking.shelf import stock
from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Label
from cobi.service.service import Service
from cobi.store.database import Database
from tests.factories import NOON, minimal, upload, upload_all

VALUES = (30, 10, 20, 10, 50, 40)


def lessons_of(database: Database) -> Lessons:
    with database.read() as connection:
        return gather(connection, NOON)


def test_a_training_knows_the_categories_of_shops_that_are_not_deleted(
    service: Service, database: Database
) -> None:
    upload_all(service, ("shops", "categories"), count=2)
    for number, deleted in enumerate((False, True)):
        upload(service, "shop-categories", minimal("shop-categories", number, is_deleted=deleted))
    lessons = lessons_of(database)
    [row] = lessons.catalogue.labels[lessons.catalogue.labels[:, 1] == Label.CATEGORY, 0].tolist()
    assert row in range(*lessons.catalogue.of_type(ItemType.SHOP).indices(lessons.catalogue.size))


def test_a_training_knows_how_much_offers_give_beside_those_of_their_terms(
    service: Service, database: Database
) -> None:
    upload_all(service, ("shops",))
    alike = [
        minimal("offers", number, shop_id=minimal("offers")["shop_id"], value=value)
        for number, value in enumerate(VALUES)
    ]
    upload(
        service,
        "offers",
        *alike,
        minimal("offers", 9, shop_id=minimal("offers")["shop_id"], type="fixed", value=3),
    )
    catalogue = lessons_of(database).catalogue
    offers = catalogue.of_type(ItemType.OFFER)
    generosity = catalogue.generosity[offers]
    assert np.argsort(generosity[:-1], kind="stable").tolist() == np.argsort(VALUES, kind="stable").tolist()
    assert generosity[-1] == 0
    terms = catalogue.labels[catalogue.labels[:, 1] == Label.TERMS, 2]
    assert len(set(terms[:-1].tolist())) == 1
    assert terms[-1] != terms[0]


def test_a_shelf_with_a_model_knows_what_offers_give_and_that_it_changed(
    service: Service, database: Database
) -> None:
    """New offers stand where their value puts them before any training knows of them."""
    upload_all(service, ("shops",))
    shop_id = minimal("offers")["shop_id"]
    offers = [minimal("offers", number, shop_id=shop_id, value=value) for number, value in enumerate(VALUES)]
    upload(service, "offers", *offers)
    with database.read() as connection:
        assert len(stock(connection).catalogue.generosity) == 0, "without a model nobody asks"
    service.learning.train(promote=True)
    with database.read() as connection:
        before = stock(connection)
    given = before.catalogue.generosity[before.catalogue.of_type(ItemType.OFFER)]
    assert np.argsort(given, kind="stable").tolist() == np.argsort(VALUES, kind="stable").tolist()
    for change, same in (({"name": "Another name"}, True), ({"value": 99}, False)):
        upload(service, "offers", {**offers[0], **change})
        with database.read() as connection:
            after = stock(connection, before)
        assert (after.catalogue is before.catalogue) == same
    assert after.catalogue.generosity[after.catalogue.of_type(ItemType.OFFER)].argmax() == 0
