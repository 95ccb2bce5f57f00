"""Activity as interaction records and transactions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cobi.domain.interaction import InteractionType, ItemType, Platform
from cobi.domain.moments import DAY, format_moment
from cobi.simulation.activity import Activity
from cobi.simulation.arrays import listed
from cobi.simulation.identities import identity
from cobi.simulation.luck import stream
from cobi.simulation.names import REGIONS, THEMES
from cobi.simulation.records import Record
from cobi.simulation.world import World


def interactions(world: World, activity: Activity, name: str, slates: Sequence[str] = ()) -> list[Record]:
    """Write activity as the contract's interactions; `slates` names the recommendation of each slate number.

    Clients differ: some send only a pseudonym, some nothing about the student, and some that got an item from
    a recommendation say so without its id. `name` keys the luck of who does.
    """
    habits, rng = world.campus.habits, stream(world.seed, f"identity/{name}")
    identity_luck, id_luck = rng.random((2, len(activity)))
    recommended = activity.slate >= 0
    nameless = (identity_luck < habits.anonymous) & ~recommended
    pseudonymous = identity_luck < habits.anonymous + habits.pseudonym_only
    keeps_id = recommended & (id_luck >= habits.lost_id)
    senders, items = _senders(world, activity), _item_ids(world)
    return [
        {
            "interaction_type": InteractionType(activity.interaction[row]).name,
            "student_id": None if pseudonymous[row] or nameless[row] else world.ids.students[student],
            "user_id": None if nameless[row] else world.ids.users[student],
            "item_type": ItemType(item_type).name,
            "item_id": items[ItemType(item_type)][item],
            "event_timestamp": int(activity.time[row]),
            "source": "COBI" if recommended[row] else None,
            "recommendation_id": slates[activity.slate[row]] if keeps_id[row] else None,
            **senders[student],
        }
        for row, (student, item_type, item) in enumerate(
            zip(listed(activity.student), listed(activity.item_type), listed(activity.item), strict=True)
        )
    ]


def transactions(world: World, activity: Activity, name: str, until: int) -> list[Record]:
    """Let some of those who revealed a code buy within two days, but not after the moment `until`."""
    habits, rng = world.campus.habits, stream(world.seed, f"transactions/{name}")
    bought = (activity.interaction == InteractionType.DISCOUNT_CODE) & (activity.item_type == ItemType.OFFER)
    bought &= rng.random(len(activity)) < habits.purchase_after_reveal
    rows = np.flatnonzero(bought)
    spread, delay, online = (
        rng.lognormal(0, 0.5, len(rows)),
        rng.integers(0, 2 * DAY, len(rows)),
        rng.random(len(rows)),
    )
    records: list[Record] = []
    for number, row in enumerate(rows):
        offer, student = int(activity.item[row]), int(activity.student[row])
        theme = THEMES[int(world.shops.theme[world.offers.shop[offer]])]
        price, value = round(theme.basket * float(spread[number]) + 1, 2), float(world.offers.value[offer])
        savings = round(price * value / 100 if world.offers.percentage[offer] else min(value, price / 2), 2)
        records.append(
            {
                "transaction_id": identity(world.seed, "transaction", f"{name}/{number}"),
                "shop_id": world.ids.shops[world.offers.shop[offer]],
                "region": REGIONS[int(world.offers.region[offer])].code,
                "savings": savings,
                "amount": round(price - savings, 2),
                "student_id": world.ids.students[student],
                "offer_id": world.ids.offers[offer],
                "source": "online" if online[number] < 0.4 else "in-store",
                "discount_type": "percentage" if world.offers.percentage[offer] else "fixed",
                "discount_value": value,
                "created": format_moment(min(int(activity.time[row] + delay[number]), until)),
            }
        )
    return records


def _item_ids(world: World) -> dict[ItemType, list[str]]:
    return {
        ItemType.OFFER: world.ids.offers,
        ItemType.SHOP: world.ids.shops,
        ItemType.TAG: world.ids.tags,
        ItemType.KEYWORD: world.ids.keywords,
    }


def _senders(world: World, activity: Activity) -> dict[int, Record]:
    """Answer where the interactions of those are sent from who did something."""
    students, active = world.students, np.unique(activity.student)
    platforms, regions = listed(students.platform[active]), listed(students.region[active])
    rows = zip(listed(active), platforms, regions, listed(students.city[active]), strict=True)
    return {
        student: {
            "platform": Platform(platform).name,
            "city": REGIONS[region].cities[city].name,
            "country": REGIONS[region].country,
        }
        for student, platform, region, city in rows
    }
