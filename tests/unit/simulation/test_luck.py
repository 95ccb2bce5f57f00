from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cobi.simulation.luck import Purpose, stream, uniform

NUMBERS = st.integers(0, 2**40)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_luck_is_a_fraction_that_hangs_on_its_key_alone(seed: int, student: int, offer: int) -> None:
    alone = uniform(seed, Purpose.VIEW, np.array([student]), np.array([offer]))
    together = uniform(seed, Purpose.VIEW, np.array([student, 3]), np.array([offer, 4]))
    assert alone[0] == together[0]
    assert 0 <= alone[0] < 1


def test_luck_is_evenly_spread_and_its_purposes_are_independent() -> None:
    students, offers = np.arange(300)[:, None], np.arange(300)[None, :]
    view, reveal = (uniform(1, purpose, students, offers) for purpose in (Purpose.VIEW, Purpose.REVEAL))
    assert np.abs(np.histogram(view, bins=10, range=(0, 1))[0] / view.size - 0.1).max() < 0.005
    assert abs(np.corrcoef(view.ravel(), reveal.ravel())[0, 1]) < 0.02


def test_streams_of_other_names_or_seeds_draw_other_numbers() -> None:
    draws = [stream(seed, name).random() for seed, name in ((1, "a"), (1, "b"), (2, "a"), (1, "a"))]
    assert draws[0] == draws[3]
    assert len(set(draws)) == 3
