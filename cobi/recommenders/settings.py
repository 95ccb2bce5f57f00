"""Every number a person may choose about learning, with the values that measured best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import EventKind, Trait


class Deed(NamedTuple):
    """What was done with what: the line of a signal in the table."""

    kind: EventKind
    item_type: ItemType


@dataclass(frozen=True, slots=True)
class SignalRule:
    """How strongly deeds of one sort, with one item, speak: `weight · min(cap, log2(1 + Σ recency))`."""

    weight: float = 1.0
    cap: float = 8.0
    half_life_days: float | None = None
    """An event this old counts half; None: age does not matter."""


WEIGHTS: Mapping[EventKind, float] = {EventKind.DISCOUNT_CODE: 1.5, EventKind.TRANSACTION: 0.5}
"""Before tuning; of all other deeds 1. A ladder by "strength" would hurt, as strong deeds come with a view of the item.
A purchase is told of its offer and of its shop, and where it follows a code says little more of what is liked."""


def _signal_table() -> dict[Deed, SignalRule]:
    return {
        Deed(kind, item_type): SignalRule(WEIGHTS.get(kind, 1.0))
        for kind in EventKind
        for item_type in sorted(ItemType)
    }


@dataclass(frozen=True, slots=True)
class Sharing:
    """How much an item passes to, or takes from, its parents, by the parent's type."""

    shop: float
    tag: float
    keyword: float
    crowding: float
    """Divides by (the parent's children)^this: interest in a shop of sixty offers says little about each."""
    spreading: float
    """Divides by (the child's parents of that type)^this."""


@dataclass(frozen=True, slots=True)
class Hop:
    """The exponents of one hop."""

    source_damping: float
    """a of D_i^-a G D_i^-b."""
    target_damping: float
    """b, the popularity knob: the most sensitive number of all."""
    chance_share: float = 1.0
    """How much of the co-occurrence expected by chance is subtracted; only what exceeds it is kept."""


COUNTED_FOR: Mapping[str, tuple[str, ...]] = {"pairs": ("hop", "ridge", "low-pass"), "order": ("sequence",)}
"""What is counted for some ways alone: what is touched together, item by item, and what follows what.

*Kinship* needs only what pairs come to among parents.
"""


def way_of(trait: Trait) -> str:
    """The name of the way that learns from who students are by this trait."""
    return f"who-{trait}"


COLD_WAYS = ("popularity", "appeal", "background", *map(way_of, sorted(Trait)))
"""What tells of students who have done nothing yet."""


def _weights() -> dict[str, float]:
    return {
        "popularity": 0.3,
        "appeal": 0.3,
        **{way_of(trait): 0.3 for trait in sorted(Trait)},
        "background": 0.3,
        "taste": 0.5,
        "kinship": 0.5,
        "relatives": 0.3,
        "own": 0.5,
        "hop": 0.5,
    }


@dataclass(frozen=True, slots=True)
class Settings:
    """What a training run is told; what is tuned replaces it here; stored on the model's card."""

    signals: Mapping[Deed, SignalRule] = field(default_factory=_signal_table)
    """Tuned are the weights and half-lives; deeds that are not named are passed over."""
    history_damping: float = 0.5
    """A student's signals are divided by (their sum)^this, so that long histories do not shout."""

    acquaintance: float = 60.0
    """Who a student is counts half once so much was touched: a history says more of a taste than a course does."""

    order_damping: float = 0.35
    """Serving divides an item's signal by (1 + items touched later)^this, sum restored; training does not."""
    order_reach: int = 20
    """Where that stops: the twentieth-last item counts like all before it, or long tastes would be lost."""

    touching: Sharing = Sharing(shop=0.5, tag=0.2, keyword=0.2, crowding=0.0, spreading=1.0)
    """Touching an item also touches its parents this much."""
    inheriting: Sharing = Sharing(shop=1.0, tag=0.5, keyword=0.5, crowding=0.5, spreading=1.0)
    """An item takes this share of its parents' scores."""

    touch_power: float = 0.5
    """How much repeating counts in G: 0, a touch is a touch; 1, its whole value."""
    student_damping: float = 0.5
    """c of G = Xᵀ D_u^-c X."""
    hop: Hop = Hop(0.7, 0.15)
    kin_hop: Hop = Hop(0.5, 0.2)

    ridge_penalty: float = 10.0
    """λ, as a multiple of the mean of G's diagonal."""
    ridge_tilt: float = 0.0
    """λ of an item rises with (its strength in G)^this; the mean stays."""
    ridge_target_damping: float = 0.0
    """What a ridge regression says of an item is divided by (its strength in G)^this."""
    ridge_whole: bool | None = None
    """Whether each item is regressed on all others; tuned; None: where there are few enough."""
    ridge_neighbours: int = 100
    """How many items each is regressed on, where there are too many for all."""

    sequence_reach: int = 6
    """How many places apart two touches may lie to count as one after the other."""
    sequence_source_damping: float = 0.5
    sequence_target_damping: float = 0.2

    spectrum: int = 400
    """How many parts of the spectrum the low-pass keeps."""
    spectrum_floor: float = 0.05
    """Parts this far below the strongest are halved."""
    spectrum_popularity: float = 0.2

    own_damping: float = 0.4
    """Divides what an item says of itself by (1 + all students' touches of it)^this."""

    taste_penalty: float = 16.0
    """κ of a student's taste, as a multiple of the mean of Cᵀ D C's diagonal."""
    usual_prior: float = 20.0
    """What is usual in a region counts as if so much more had been touched there as everywhere."""

    popularity_half_life_days: float | None = 60.0
    lift_prior: float = 10.0
    """A group's or a weekday's popularity of an item counts as if it had seen so many more events, as all do."""

    weights: Mapping[str, float] = field(default_factory=_weights)
    """Of each way to learn B, by its name; tuned unless `tune` is False or there is too little to tune on."""
    tune: bool = True
    entries_per_signal: int = 200
    """The finished matrix keeps at least this many entries per source row; more of fewer than 20,000 items."""

    @property
    def learns_pairs(self) -> bool:
        """Whether any way learns from what is touched together, item by item; else it need not be counted."""
        return self._any_of("pairs")

    @property
    def learns_order(self) -> bool:
        """Whether any way learns from what follows what; else it need not be counted."""
        return self._any_of("order")

    def _any_of(self, counted: str) -> bool:
        return any(self.weights.get(name, 0.0) > 0 for name in COUNTED_FOR[counted])

    def as_json(self) -> dict[str, Any]:
        """A JSON-able form that `settings_from` reads back."""
        plain = asdict(replace(self, signals={}))
        plain["signals"] = {
            f"{kind.name} {item_type.name}": asdict(rule) for (kind, item_type), rule in self.signals.items()
        }
        return plain


def settings_from(plain: Mapping[str, Any]) -> Settings:
    """The settings that `as_json` wrote; what an older Cobi could be told and this one cannot is passed over."""
    known = {own.name for own in fields(Settings)}
    rest: dict[str, Any] = {name: value for name, value in plain.items() if name in known}
    rest["signals"] = {_deed(name): SignalRule(**rule) for name, rule in plain["signals"].items()}
    for name, kind in (("touching", Sharing), ("inheriting", Sharing), ("hop", Hop), ("kin_hop", Hop)):
        rest[name] = kind(**plain[name])
    return Settings(**rest)


def _deed(name: str) -> Deed:
    kind, item_type = name.split()
    return Deed(EventKind[kind], ItemType[item_type])
