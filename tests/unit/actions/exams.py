"""Small marketplaces to be evaluated on, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cobi.actions.evaluating.evaluate import Live, Material, evaluate
from cobi.actions.evaluating.examination import Past
from cobi.actions.learning.train import Lessons
from cobi.actions.recommending.candidates import Candidates
from cobi.domain.evaluation import Plan
from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import EventKind, Events, Students, Trait, catalogue_of
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from cobi.store.catalogue import ALWAYS, EVERY_DAY

START = 1_700_000_000_000_000
HOUR = 3_600_000_000
UTC = ZoneInfo("UTC")
HERE = 5
"""The region of all students, and of offers unless said otherwise."""


Numbers = Sequence[int] | np.ndarray


def events_of(student: Numbers, item: Numbers, hour: Numbers) -> Events:
    """Page views of the offers numbered so, at so many hours after START."""
    kind = np.full(len(item), EventKind.PAGE_VIEW, np.int8)
    time = START + HOUR * np.asarray(hour, np.int64)
    return Events(np.asarray(student, np.int64), np.asarray(item, np.int64), kind, time)


def always(offers: int, **changes: Any) -> Candidates:
    """Offers that could be shown at any time to everybody."""
    whenever = Candidates(
        born=np.full(offers, ALWAYS.min),
        ended=np.full(offers, ALWAYS.max),
        region=np.full(offers, HERE),
        allowed_from=np.full(offers, ALWAYS.min),
        allowed_to=np.full(offers, ALWAYS.max),
        days=np.full(offers, EVERY_DAY, np.uint8),
    )
    return replace(whenever, **changes)


def material(
    events: Events, offers: int, candidates: Candidates | None = None, live: Live | None = None
) -> Material:
    """A marketplace of one shop with these offers and events."""
    keys = {ItemType.OFFER: np.arange(offers), ItemType.SHOP: np.arange(1)}
    links = {
        (ItemType.OFFER, ItemType.SHOP): np.stack([np.arange(offers), np.zeros(offers, np.int64)], axis=1)
    }
    students = int(events.student.max(initial=-1)) + 1
    where = np.full(students, HERE)
    known = Students(students, {Trait.REGION: where})
    past = Past(Lessons(catalogue_of(keys, links), events, known), candidates or always(offers), where)
    return Material(past, live)


def evaluated(told: Material, **plan: Any) -> dict[str, Any]:
    """The figures of an evaluation."""
    return evaluate(told, Plan(**plan), UTC, Settings(), silent)


def worth(figures: dict[str, Any], method: str, metric: str) -> float:
    """One figure."""
    return figures["methods"][method][metric]["value"]
