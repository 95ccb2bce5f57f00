"""Work in threads: results come in order, little is held, and no bit depends on how many threads there are."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import ThreadpoolController

import cobi.recommenders.gram as gram_module
from cobi.recommenders import parallel
from cobi.recommenders.artifact import to_arrays
from cobi.recommenders.blend import fit
from cobi.recommenders.parallel import alone, beside, in_order, spans
from cobi.recommenders.sparse import SparseMatrix
from tests.unit.recommenders.worlds import NOW, a_catalogue, some_events, some_students

few = settings(max_examples=20, deadline=None)


def test_results_come_in_the_order_of_the_parts_though_later_ones_are_done_first() -> None:
    second_done = threading.Event()

    def work(part: int) -> int:
        if part == 0:
            assert second_done.wait(10)
        if part == 1:
            second_done.set()
        return part * part

    assert list(in_order(work, range(6), threads=2)) == [0, 1, 4, 9, 16, 25]


def test_no_more_parts_are_taken_than_can_be_worked_on() -> None:
    taken: list[int] = []

    def parts():
        for number in range(50):
            taken.append(number)
            yield number

    results = in_order(lambda part: part, parts(), threads=2)
    assert next(results) == 0
    assert len(taken) <= 4


def test_an_error_in_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda part: 1 // part, [1, 0, 1], threads=2))


def test_parts_make_their_products_alone_and_what_comes_after_on_all_cores_again() -> None:
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = blas_threads()
        outer = in_order(
            lambda part: [blas_threads(), *in_order(nested, [part], threads=2)], range(3), threads=2
        )
        assert next(outer) == [{1}, {1}]
        assert list(in_order(nested, [1], threads=1)) == [{1}]
        assert blas_threads() == {1}, "the outer parts are not done"
        assert list(outer) == [[{1}, {1}]] * 2
        assert blas_threads() == before
        with pytest.raises(ZeroDivisionError):
            list(in_order(lambda part: 1 // part, [0], threads=2))
        unfinished = in_order(nested, range(9), threads=2)
        next(unfinished)
        del unfinished
        assert blas_threads() == before
        with alone, alone:
            assert blas_threads() == {1}
        assert blas_threads() == before


def nested(_: int) -> set[int]:
    return blas_threads()


def blas_threads() -> set[int]:
    """How many threads each BLAS of this process uses."""
    return {found["num_threads"] for found in ThreadpoolController().info() if found["user_api"] == "blas"}


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_worked_on_beside_gives_both_results(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: threads)
    met = threading.Barrier(threads)
    one, other = beside(lambda: (met.wait(10), "one"), lambda: (met.wait(10), "other"))
    assert (one[1], other[1]) == ("one", "other")
    with pytest.raises(ZeroDivisionError):
        beside(lambda: 1, lambda: 1 // 0)


def test_spans_cover_everything_once() -> None:
    assert spans(7, 3) == [(0, 3), (3, 6), (6, 7)]
    assert spans(0, 3) == []


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
def test_one_thread_and_several_learn_the_same_bytes(
    dense_share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gram_module, "DENSE_SHARE", dense_share)
    monkeypatch.setattr(gram_module, "BLOCK_CELLS", 120)
    catalogue = a_catalogue()
    learned: list[dict[str, bytes]] = []
    for threads in (1, 3):
        monkeypatch.setattr(parallel, "cores", lambda threads=threads: threads)
        model = fit(catalogue, some_events(catalogue, count=3_000), some_students(), NOW)
        learned.append({name: array.tobytes() for name, array in to_arrays(model).items()})
    assert learned[0] == learned[1]


@few
@given(seed=st.integers(0, 2**32 - 1), limit=st.integers(1, 6), values=st.integers(1, 4))
def test_a_cut_keeps_the_largest_of_each_row(seed: int, limit: int, values: int) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.integers(-values, values + 1, (9, 40)).astype(np.float64)
    matrix = SparseMatrix.of_dense(cells)
    cut = matrix.cut(limit).dense()
    for before, after in zip(np.abs(cells), np.abs(cut), strict=True):
        count = min(limit, int((before > 0).sum()))
        assert sorted(after[after > 0]) == sorted(before)[len(before) - count :]
    assert ((cut == cells) | (cut == 0)).all()
    assert (SparseMatrix.of_dense_cut(cells, limit).dense() == cut).all()


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_squares_of_groups_are_parts_of_the_whole_product(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 3, (10, 6)).astype(np.float64)
    groups = rng.integers(0, 10, (4, 3))
    whole = cells @ cells.T
    found = SparseMatrix.of_dense(cells).squares(groups)
    assert (found == whole[groups[:, :, None], groups[:, None, :]]).all()
