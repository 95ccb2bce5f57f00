"""Watching a model after it went live, and taking it back when it clearly does worse than the one before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.actions.learning.model_registry import Order, roll_back
from cobi.analytics.experiments.sums import Sums
from cobi.analytics.guardrail import Finding, Group, watch
from cobi.domain.experiments.experiment import Listing
from cobi.domain.moments import DAY
from cobi.domain.per_cent import per_cent, signed_per_cent
from cobi.store import live_figures, model_registry
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.live_figures import Whose
from cobi.store.writer import Transaction

PERIOD = 28 * DAY
"""A model is watched for so long after it went live."""

WEEK = 7 * DAY
"""The time before is looked at in whole weeks, so that no weekday counts more than another."""

MATURITY = DAY
"""A reveal counts within so long after its answer, and an answer once it is so old."""


@dataclass(frozen=True)
class Look:
    """What was seen of the live model beside the one before it."""

    version: int
    before: int
    finding: Finding

    @property
    def words(self) -> str:
        """For people."""
        found = self.finding
        change, low, high = map(signed_per_cent, (found.change, found.low, found.high))
        beside = "beside a control at the same time" if found.with_control else "beside the weeks before"
        return (
            f"code reveals per impression changed by {change} (99 % interval at all looks {low} to {high}) from "
            f"version {self.before} to {self.version}, {beside}; "
            f"below {per_cent(-found.margin)} is too bad"
        )


def look(connection: Connection, now: int) -> Look | None:
    """How the live model does; None where there is no model before it, it is old, or too little was seen."""
    live, before = model_registry.live(connection), model_registry.last_retired(connection)
    if live is None or before is None or live.went_live is None or before.left_live != live.went_live:
        return None
    began, until = live.went_live, now - MATURITY
    if not began < until <= began + PERIOD:
        return None
    weeks = -(-(until - began) // WEEK)
    since = max(began - weeks * WEEK, before.went_live or 0)
    # What was answered in the last hours before the change has had as long as all else.
    arms = _arms(connection)
    ours, theirs = Whose(arms.altered, live.version), Whose(arms.altered, before.version)
    control = Whose(arms.without_model)
    finding = watch(
        _group(connection, ours, began, until),
        _group(connection, theirs, since, began),
        (_group(connection, control, began, until), _group(connection, control, since, began)),
    )
    return None if finding is None else Look(live.version, before.version, finding)


def take_back(transaction: Transaction, seen: Look, now: int) -> bool:
    """Roll back what was seen to be worse, unless another one has gone live meanwhile."""
    live = model_registry.live(transaction.connection)
    if live is None or live.version != seen.version:
        return False
    roll_back(transaction, Order("guardrail", seen.words, now))
    return True


@dataclass(frozen=True)
class _Arms:
    """Labels of arms: those shown no model's list, and all those that are not shown what everybody is."""

    without_model: frozenset[str]
    altered: frozenset[str]


def _arms(connection: Connection) -> _Arms:
    every = [
        (experiment.label(number), arm)
        for experiment in plans.begun(connection)
        for number, arm in enumerate(experiment.plan.arms)
    ]
    without = {label for label, arm in every if arm.listing is not Listing.PERSONAL}
    own = {label for label, arm in every if arm.settings or arm.model_version is not None}
    return _Arms(frozenset(without), frozenset(without | own))


def _group(connection: Connection, whose: Whose, since: int, until: int) -> Group:
    rows = live_figures.by_student(connection, whose, since, until, MATURITY).astype(np.float64)
    if len(rows) == 0:
        return Group(Sums(0, np.zeros(2), np.zeros((2, 2))), 0)
    return Group(Sums.of(rows[:, 0], rows[:, 1]), int(rows[:, 2].sum()))
