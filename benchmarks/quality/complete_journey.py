"""Ranking a campaign's coupons for the households that redeemed one: Recall@10 on the Complete Journey.

Trained on everything before 1 August 2017; the campaigns that start later are the test. Beside Cobi: chance, coupon
breadth (how many products a coupon covers) and the household's own earlier purchases, three times: of what the records
tell of a coupon (its shop, and all that shop's keywords), of the shops and keywords that it covers, and of the very
products. Breadth and the last two know which products a coupon covers, which Cobi's records do not say: to Cobi a
coupon is an offer of a shop, with a name.

    python -m benchmarks.quality.complete_journey --data DIR [--source FILES]

DIR is what `python -m examples.complete_journey` has filled and trained with `--until 2017-08-01`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.card import print_card
from cobi.actions.ranking.shelf import stock
from cobi.actions.ranking.signals import student_signals
from cobi.config.settings import load
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import parse_moment
from cobi.domain.records import CUSTOMERS, OFFERS
from cobi.recommenders.lists.ranking import draw
from cobi.store import entities, events
from cobi.store.database import Database
from cobi.store.places import open_places
from examples.complete_journey import source
from examples.complete_journey.convert import UUID5

CUT = "2017-08-01"
TOP = 10
TIE_SEEDS = range(20)
"""Offers of one shop often tie; the figure is the mean over so many drawings of the ties."""

Offer = str
Scores = Mapping[Offer, float]


@dataclass(frozen=True)
class Case:
    """A household and a campaign: its coupons, and those the household redeemed."""

    household: str
    campaign: int
    offers: tuple[Offer, ...]
    redeemed: frozenset[Offer]


def recall(case: Case, scores: Scores) -> float:
    """Recall@10 of a ranking by score, the mean over drawings of ties."""
    values = np.array([scores.get(offer, 0.0) for offer in case.offers])
    relevant = np.array([offer in case.redeemed for offer in case.offers])
    found = [
        relevant[np.lexsort((draw(np.arange(len(values)), seed), -values))[:TOP]].sum() for seed in TIE_SEEDS
    ]
    return float(np.mean(found)) / len(case.redeemed)


def cases(connection: duckdb.DuckDBPyConnection) -> list[Case]:
    """Every (household, campaign) with a redemption, of the campaigns that start on the cut or later."""
    coupons: dict[int, list[Offer]] = {}
    for campaign, offer in connection.execute(
        "select distinct campaign_id, cobi_id('offer/' || coupon_upc || '/' || campaign_id) as o from coupons "
        "order by o"
    ).fetchall():
        coupons.setdefault(campaign, []).append(offer)
    rows = connection.execute(f"""
        select cobi_id('household/' || household_id) as h, campaign_id,
            list(distinct cobi_id('offer/' || coupon_upc || '/' || campaign_id))
        from redemptions join campaigns using (campaign_id) where start_date >= '{CUT}' group by all order by all
    """).fetchall()
    return [
        Case(household, campaign, tuple(coupons[campaign]), frozenset(offers))
        for household, campaign, offers in rows
    ]


def breadth(connection: duckdb.DuckDBPyConnection) -> Scores:
    """How many products each coupon covers."""
    return dict(
        connection.execute("""
            select cobi_id('offer/' || coupon_upc || '/' || campaign_id), count(distinct product_id)
            from coupons group by coupon_upc, campaign_id""").fetchall()
    )


COVERED = """
    select distinct coupon_upc, campaign_id, product_id, manufacturer_id as shop, product_type as keyword
    from coupons left join products using (product_id)"""
OF_THE_SHOP = f"""
    select distinct coupon_upc, campaign_id, shop, product_type as keyword
    from (select coupon_upc, campaign_id, arg_max(shop, (products, -shop)) as shop from (
        select coupon_upc, campaign_id, shop, count(*) as products from ({COVERED}) where shop is not null group by all
    ) group by all) join products on manufacturer_id = shop"""
"""The pairs that the records tell: a coupon's offer is of the shop of most of its products, and that has keywords."""

OWN = {
    "own past purchases at the coupon's shop, any of its keywords": (OF_THE_SHOP, ("shop", "keyword")),
    "own past purchases of covered shops × keywords": (COVERED, ("shop", "keyword")),
    "own past purchases of covered products": (COVERED, ("product_id",)),
}
"""What counts as the same for a coupon and a purchase."""


def own_purchases(
    connection: duckdb.DuckDBPyConnection, told: str, by: Sequence[str]
) -> dict[str, dict[Offer, float]]:
    """How often each household bought, before the cut, what a coupon is told to be for."""
    same = ", ".join(by)
    found: dict[str, dict[Offer, float]] = {}
    rows = connection.execute(f"""
        with bought as (
            select household_id, {same}, count(*) as n
            from (select *, manufacturer_id as shop, product_type as keyword
                  from transactions left join products using (product_id))
            where transaction_timestamp < '{CUT}' and household_id in (select household_id from redemptions)
            group by all
        )
        select cobi_id('household/' || household_id), cobi_id('offer/' || coupon_upc || '/' || campaign_id), sum(n)
        from bought join (select distinct coupon_upc, campaign_id, {same} from ({told})) using ({same})
        group by household_id, coupon_upc, campaign_id""").fetchall()
    for household, offer, times in rows:
        found.setdefault(household, {})[offer] = float(times)
    return found


@dataclass(frozen=True)
class Answered:
    """What a model says of each household's and campaign's coupons, and its card."""

    scores: Mapping[tuple[str, int], Scores]
    card: Mapping[str, Any]


def cobi(database: Database, wanted: Sequence[Case]) -> Answered:
    """The live model's scores of each case's coupons, by what the household did before the cut."""
    now = parse_moment(CUT) or 0
    scored: dict[tuple[str, int], dict[Offer, float]] = {}
    with database.read() as connection:
        shelf = stock(connection)
        if shelf.model is None:
            raise SystemExit(f"no model is live; run `cobi train --until {CUT} --promote` first")
        offers = entities.fetch(connection, OFFERS, {_id(offer) for case in wanted for offer in case.offers})
        for case in wanted:
            household = entities.fetch(connection, CUSTOMERS, [_id(case.household)])[_id(case.household)]
            history = events.of_students(connection, [household["key"]], 10**6)
            x = student_signals(shelf, history[history[:, 4] < now], household["region"], now)
            scores = shelf.model.score(x) if x else np.zeros(shelf.catalogue.size)
            keys = np.array([offers[_id(offer)]["key"] for offer in case.offers], np.int64)
            rows = shelf.catalogue.rows(ItemType.OFFER, keys)
            scored[case.household, case.campaign] = dict(zip(case.offers, scores[rows].tolist(), strict=True))
    return Answered(scored, shelf.model.card)


def _id(text: str) -> bytes:
    return parse_id(text) or b""


def _views(directory: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(UUID5)
    for view, name in (
        ("coupons", "coupons"),
        ("redemptions", "coupon_redemptions"),
        ("campaigns", "campaign_descriptions"),
        ("transactions", "transactions"),
        ("products", "products"),
    ):
        connection.execute(f"create view {view} as from read_parquet('{directory}/{name}.parquet')")
    return connection


def _recalls(wanted: Sequence[Case], scores: Callable[[Case], Scores]) -> NDArray[np.float64]:
    return np.array([recall(case, scores(case)) for case in wanted])


def _told(values: NDArray[np.float64], style: str) -> str:
    """The mean over cases ± the half-width of its 95 % interval (normal)."""
    return f"{style.format(values.mean())} ± {1.96 * values.std(ddof=1) / len(values) ** 0.5:.3f}"


def _of_organisation(data: Path, name: str, wanted: Sequence[Case]) -> Answered:
    """What the organisation's live model says."""
    places = open_places(data, load(data).database_url or None)
    control = places.control()
    organisation = control.find(name)
    if organisation is None:
        raise SystemExit(f"{data} has no organisation {name}")
    database = places.organisation(organisation)
    try:
        return cobi(database, wanted)
    finally:
        database.close()
        control.close()


def main() -> None:
    """Print the table, and the card of Cobi's model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--org", default="journey")
    parser.add_argument("--source")
    arguments = parser.parse_args()
    connection = _views(source.find(arguments.source))
    wanted = cases(connection)
    answered = _of_organisation(arguments.data, arguments.org, wanted)
    ours = _recalls(wanted, lambda case: answered.scores[case.household, case.campaign])
    by_breadth = breadth(connection)
    rivals = {
        "chance": _recalls(wanted, lambda _: {}),
        "coupon breadth": _recalls(wanted, lambda _: by_breadth),
    }
    for name, how in OWN.items():
        bought = own_purchases(connection, *how)
        rivals[name] = _recalls(wanted, lambda case, bought=bought: bought.get(case.household, {}))
    print(f"{len(wanted)} cases: households that redeemed a coupon of a campaign starting on {CUT} or later")
    print(f"  {'':62} {'Recall@' + str(TOP):>14} {'Cobi − it':>16}")
    for name, values in rivals.items():
        print(f"  {name:62} {_told(values, '{:.3f}'):>14} {_told(ours - values, '{:+.3f}'):>16}")
    print(f"  {'Cobi':62} {_told(ours, '{:.3f}'):>14}")
    print_card(answered.card)


if __name__ == "__main__":
    main()
