"""The table of signals, learned: which deeds tell of what comes next, and how fast they fade."""

from __future__ import annotations

import numpy as np
import pytest

from cobi.domain.interaction import ItemType
from cobi.recommenders.blend import fit, refit
from cobi.recommenders.dataset import EventKind, Events, IntArray, Students, catalogue_of
from cobi.recommenders.evidence import Evidence, evidence_of
from cobi.recommenders.search.deeds import learned_table
from cobi.recommenders.search.folds import Folds
from cobi.recommenders.search.holdout import Holdout, hold_out
from cobi.recommenders.settings import Deed, Settings, SignalRule
from cobi.recommenders.signals import space_of
from tests.unit.recommenders.worlds import DAY, NOW

OFFERS, CIRCLES, STUDENTS, STEPS = 60, 6, 240, 9
CATALOGUE = catalogue_of({ItemType.OFFER: np.arange(OFFERS)}, {})
VIEW, SHARE = Deed(EventKind.PAGE_VIEW, ItemType.OFFER), Deed(EventKind.SHARE, ItemType.OFFER)


def steps(kind: EventKind, circle: IntArray | None, days_ago: tuple[int, int], seed: int) -> Events:
    """Each student does it with some offers of a circle, each with another one; None: with any offers."""
    luck = np.random.default_rng(seed)
    among = OFFERS if circle is None else OFFERS // CIRCLES
    chosen = np.argsort(luck.random((STUDENTS, among)), axis=1)[:, :STEPS]
    if circle is not None:
        chosen = chosen + circle[:, None] * among
    student = np.repeat(np.arange(STUDENTS), chosen.shape[1])
    time = NOW - luck.integers(days_ago[0] * DAY, days_ago[1] * DAY, len(student))
    return Events(student, chosen.ravel(), np.full(len(student), kind, np.int8), time)


def joined(*parts: Events) -> Events:
    return Events(
        np.concatenate([part.student for part in parts]),
        np.concatenate([part.item for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.time for part in parts]),
    )


def read(holdout: Holdout, told: Settings) -> Evidence:
    known = Students(STUDENTS)
    space = space_of(CATALOGUE, known)
    return evidence_of(space, CATALOGUE, holdout.train, known, NOW, told, ordered=holdout.ordered)


def table(events: Events) -> dict[Deed, SignalRule]:
    """What is learned with all cases held out at once."""
    held = hold_out(CATALOGUE, events, Settings(), 0)
    assert held is not None
    return dict(learned_table(Folds([held], read, Settings()), Settings()).signals)


CIRCLE = np.arange(STUDENTS) % CIRCLES


def test_deeds_that_tell_nothing_come_to_weigh_less_than_those_that_tell() -> None:
    taste = steps(EventKind.PAGE_VIEW, CIRCLE, (1, 60), 0)
    noise = steps(EventKind.SHARE, None, (20, 80), 1)
    events = joined(taste, noise)
    found = table(events)
    assert found[SHARE].weight < found[VIEW].weight
    # How long a history is means something by itself.
    weights = [found[Deed(EventKind(kind), ItemType.OFFER)].weight for kind in events.kind]
    assert np.mean(weights) == pytest.approx(1, abs=0.2)


def test_where_tastes_change_old_deeds_fade() -> None:
    long_ago = steps(EventKind.PAGE_VIEW, np.random.default_rng(5).permutation(CIRCLE), (300, 360), 0)
    lately = steps(EventKind.PAGE_VIEW, CIRCLE, (1, 20), 1)
    assert table(joined(long_ago, lately))[VIEW].half_life_days is not None


def test_where_all_deeds_tell_alike_the_table_stays() -> None:
    assert table(steps(EventKind.PAGE_VIEW, CIRCLE, (1, 60), 0)) == dict(Settings().signals)


def test_training_reads_histories_by_the_table_that_was_learned() -> None:
    """What tuning found is what learns and serves: without tuning again the same bytes come of it."""
    events = joined(steps(EventKind.PAGE_VIEW, CIRCLE, (1, 60), 0), steps(EventKind.SHARE, None, (20, 80), 1))
    whole = fit(CATALOGUE, events, Students(STUDENTS), NOW)
    assert whole.settings.signals != Settings().signals
    again = refit(whole, CATALOGUE, events, Students(STUDENTS), NOW)
    assert again.matrix.data.tobytes() == whole.matrix.data.tobytes()


@pytest.mark.parametrize("item_type", sorted(ItemType))
def test_each_type_of_item_has_a_line_of_its_own(item_type: ItemType) -> None:
    assert {Deed(kind, item_type) for kind in EventKind} <= set(Settings().signals)
