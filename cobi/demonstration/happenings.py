"""What people of the marketplace do in four weeks with lists, a day at a time; some of it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cobi.demonstration.marketplace import Marketplace
from cobi.domain.experiments.declaring import parse_plan
from cobi.domain.experiments.experiment import Experiment, State
from cobi.domain.identifiers import parse_id
from cobi.domain.mending import parse_rules
from cobi.domain.moments import DAY, format_moment
from cobi.domain.quarantine import TYPES, Retry, Selection
from cobi.selftest.door import Record
from cobi.simulation.identities import identity

HOLDOUT, PERSONAL, TEST = "holdout", "personal or popular", "two per shop"
HELD_OUT = 0.2
_PLANNED = 12_000
"""Student-days after which the growth team wants to know; intervals are narrowest near them."""


def hold_out(market: Marketplace) -> None:
    """Some students are shown nothing, to know what lists cause."""
    _start(market, {"kind": "HOLDOUT", "name": HOLDOUT, "share": HELD_OUT, "list": "NONE"})


def test_personal(market: Marketplace) -> None:
    """Half of the others are shown what is popular, to know whether it takes a model."""
    arms = [{"name": "popular", "list": "POPULAR"}, {"name": "personal"}]
    guardrails = [{"metric": "code_reveals", "tolerated": 0.2}]
    _start(market, {"name": PERSONAL, "arms": arms, "main_metric": "click_through", "guardrails": guardrails})


def end_personal(market: Marketplace) -> None:
    """It is decided, and everybody is shown lists of their own again."""
    experiments = market.door.service.experiments
    experiments.gather()
    experiments.stop(market.trials.pop(PERSONAL).experiment_id)


def test_two_per_shop(market: Marketplace) -> None:
    """Half of the students are shown at most two offers of a shop."""
    arms = [{"name": "no limit"}, {"name": "two per shop", "settings": {"most_per_shop": 2}}]
    guardrails = [{"metric": "savings", "tolerated": 0.1}]
    _start(market, {"name": TEST, "arms": arms, "guardrails": guardrails, "matters": 0.05})


def name_segments(market: Marketplace) -> None:
    """Groups that the growth team writes to."""
    shops, tags = market.world.ids.shops, market.world.ids.tags
    reveals = {"types": ["DISCOUNT_CODE"], "within_days": 60}
    filters = {"tags": tags[:6], "types": ["FILTER_CLICK", "PAGE_VIEW"], "within_days": 30, "at_least": 2}
    for name, rule in (
        ("Bargain hunters", {"did": {**reveals, "at_least": 5}}),
        ("Bahrain, into food", {"regions": ["BH"], "did": filters}),
        ("Gone quiet", {"inactive_days": 21, "not": {"new_within_days": 21}}),
        ("Fans of ten shops", {"favourites": {"shops": shops[:10], "at_least": 1}}),
    ):
        market.door.service.segments.create({"name": name, "rule": rule})


def import_by_hand(market: Marketplace) -> None:
    """Somebody writes a list of till receipts by hand, and offers of a shop that is not there yet."""
    till = [_receipt(market, number, "Bahrain", "12.50") for number in range(24)]
    market.upload_unlooked("transactions", till)
    shop = identity(market.world.seed, "shop", "still to open")
    market.upload_unlooked("offers", [_offer(market, number, shop) for number in range(6)])


def mend(market: Marketplace) -> None:
    """The receipts are mended by rules and tried again; the offers still wait for their shop."""
    rules = [{"replace": "region", "value": "Bahrain", "by": "BH"}, {"read": "amount"}]
    order = Retry(Selection("transactions"), parse_rules(rules, TYPES["transactions"]))
    market.door.service.retry(order)


def release_web(market: Marketplace) -> None:
    """A new version of the web app no longer says which list an interaction came of."""
    market.release_loses_ids = True


def forget_offers(market: Marketplace) -> None:
    """A back end sends clicks on offers that were never uploaded."""
    unknown = [identity(market.world.seed, "offer", f"never uploaded {number}") for number in range(4)]
    market.upload_unlooked(
        "user-interactions",
        [
            {"interaction_type": "PAGE_VIEW", "item_type": "OFFER", "item_id": unknown[number % 4],
             "student_id": student, "event_timestamp": market.clock.now, "platform": "ANDROID"}
            for number, student in enumerate(market.world.ids.students[:12])
        ],
    )  # fmt: skip


def keep_longer(market: Marketplace) -> None:
    """The growth team wants to look back further."""
    market.door.service.settings.change({"model_retention_days": 120})


HAPPENS: Mapping[int, Callable[[Marketplace], None]] = {
    0: hold_out,
    1: test_personal,
    2: name_segments,
    5: import_by_hand,
    8: mend,
    12: forget_offers,
    13: end_personal,
    14: test_two_per_shop,
    18: keep_longer,
    20: forget_offers,
    22: release_web,
    26: forget_offers,
}
"""By day, counted from the first on which lists are asked for; the models of days 0 and 21 the play trains."""


def _start(market: Marketplace, document: dict[str, Any]) -> None:
    experiments = market.door.service.experiments
    planned = {**document, "planned_student_days": _PLANNED}
    salt = f"{market.world.seed} {document['name']}".encode()
    declared = experiments.create(planned, salt=salt)
    own, now = parse_id(declared["experiment_id"]) or b"", market.clock.now
    experiments.start(own)
    market.trials[document["name"]] = Experiment(0, own, parse_plan(planned), State.RUNNING, now, now)


def _receipt(market: Marketplace, number: int, region: str, amount: str) -> Record:
    world = market.world
    return {
        "transaction_id": identity(world.seed, "transaction", f"till {number}"),
        "shop_id": world.ids.shops[number % 3],
        "region": region,
        "savings": 2.5,
        "amount": amount,
        "source": "in-store",
        "created": format_moment(market.clock.now - DAY),
    }


def _offer(market: Marketplace, number: int, shop: str) -> Record:
    return {
        "offer_id": identity(market.world.seed, "offer", f"of a shop to come {number}"),
        "shop_id": shop,
        "name": f"{10 + 5 * number}% off coffee",
        "type": "percentage",
        "value": 10 + 5 * number,
        "region": "BH",
    }
