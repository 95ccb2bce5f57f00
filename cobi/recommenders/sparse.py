"""A sparse matrix in compressed rows with the operations models need; the only file that knows SciPy."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# SciPy ships no types.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.parallel import in_order

CELLS_AT_ONCE = 200_000
"""So many entries are compared at once while rows are cut."""
JOINED_ALONE = 1_000_000
"""Up to so many entries are joined by one thread: to begin another takes as long."""
GROUPS_FOR_EACH = 3
"""Of each row so many groups' maxima are compared for each entry that is to stay."""


@dataclass(frozen=True, slots=True)
class SparseMatrix:
    """Row i holds `data[indptr[i]:indptr[i + 1]]` at columns `indices[…]`, which ascend."""

    indptr: IntArray
    indices: NDArray[np.int32]
    data: NDArray[np.floating[Any]]
    width: int

    @property
    def height(self) -> int:
        return len(self.indptr) - 1

    @property
    def row_of_entry(self) -> IntArray:
        """The row of each stored entry."""
        return np.repeat(np.arange(self.height, dtype=np.int64), np.diff(self.indptr))

    @classmethod
    def of_triples(
        cls, row: IntArray, column: IntArray, value: FloatArray, shape: tuple[int, int]
    ) -> SparseMatrix:
        """The matrix with these entries; entries that name the same cell are added."""
        return _from_scipy(sparse.coo_array((value, (row, column)), shape=shape).tocsr())

    @classmethod
    def of_dense(cls, cells: NDArray[np.floating[Any]]) -> SparseMatrix:
        return _from_scipy(sparse.csr_array(cells))

    @classmethod
    def of_dense_cut(cls, cells: NDArray[np.floating[Any]], limit: int) -> SparseMatrix:
        """The same as `of_dense(cells).cut(limit)`, sooner."""
        height, width = cells.shape
        size = np.abs(cells).astype(np.float32, copy=False)
        kept = size >= np.maximum(_least(size, limit), np.finfo(np.float32).tiny)[:, None]
        place = np.flatnonzero(kept)
        row, column = np.divmod(place, width)
        indptr = np.searchsorted(row, np.arange(height + 1))
        return cls(indptr, column.astype(np.int32), cells.ravel()[place], width).cut(limit)

    @classmethod
    def empty(cls, height: int, width: int) -> SparseMatrix:
        return cls(np.zeros(height + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float64), width)

    @classmethod
    def identity(cls, size: int) -> SparseMatrix:
        return cls(np.arange(size + 1), np.arange(size, dtype=np.int32), np.ones(size), size)

    @classmethod
    def diagonal_of(cls, values: FloatArray) -> SparseMatrix:
        size = len(values)
        return cls(np.arange(size + 1), np.arange(size, dtype=np.int32), values, size)

    def __matmul__(self, other: SparseMatrix) -> SparseMatrix:
        return _from_scipy(_to_scipy(self) @ _to_scipy(other))

    def product_transposed(self, other: SparseMatrix) -> SparseMatrix:
        """`(self @ other).transposed()`: what turns it brings it into order, sooner than sorting each row."""
        return _from_scipy((_to_scipy(self) @ _to_scipy(other)).T.tocsr())

    def dense_product(self, other: SparseMatrix) -> NDArray[np.floating[Any]]:
        """`(self @ other).dense()`, sooner."""
        return (_to_scipy(self) @ _to_scipy(other)).toarray()

    def row_products(self, other: SparseMatrix) -> NDArray[np.floating[Any]]:
        """`self.dense_product(other)` of few rows that come to many products, sooner."""
        groups, own = self.height, _to_scipy(other)[self.indices]
        # One row after the other in a single long column all are one product with a vector: no entry has to be found.
        shift = np.arange(groups, dtype=np.int32) * np.int32(other.width)
        place = own.indices + np.repeat(shift, np.diff(own.indptr[self.indptr]))
        long = sparse.csc_array((own.data, place, own.indptr), shape=(groups * other.width, len(self.data)))
        return (long @ self.data).reshape(groups, other.width)

    def overlap(self, other: SparseMatrix) -> FloatArray:
        """Each row's inner product with the same row of another."""
        return np.asarray((_to_scipy(self) * _to_scipy(other)).sum(axis=1), np.float64).ravel()

    def __add__(self, other: SparseMatrix) -> SparseMatrix:
        return _from_scipy(_to_scipy(self) + _to_scipy(other))

    def pattern(self) -> SparseMatrix:
        """1 for each stored entry."""
        return SparseMatrix(self.indptr, self.indices, np.ones(len(self.data)), self.width)

    def transposed(self) -> SparseMatrix:
        return _from_scipy(_to_scipy(self).T.tocsr())

    def times(self, dense: NDArray[np.floating[Any]]) -> NDArray[Any]:
        """This matrix times a dense vector or matrix."""
        return np.asarray(_to_scipy(self) @ dense)

    def row_range(self, first: int, last: int) -> SparseMatrix:
        """Rows first…last-1."""
        start, stop = self.indptr[first], self.indptr[last]
        cut = self.indptr[first : last + 1] - start
        return SparseMatrix(cut, self.indices[start:stop], self.data[start:stop], self.width)

    def rows(self, chosen: IntArray) -> SparseMatrix:
        """The chosen rows, in the order given."""
        lengths = self.indptr[chosen + 1] - self.indptr[chosen]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        place = np.arange(indptr[-1]) + np.repeat(self.indptr[chosen] - indptr[:-1], lengths)
        return SparseMatrix(indptr, self.indices[place], self.data[place], self.width)

    def add_rows(self, chosen: IntArray, weights: FloatArray) -> FloatArray:
        """The weighted sum of the chosen rows, float64[width]."""
        starts, ends = self.indptr[chosen], self.indptr[chosen + 1]
        # For the few rows of one student sooner than finding all entries' places, as `rows` does.
        spans = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        if not spans:
            return np.zeros(self.width)
        columns = np.concatenate([self.indices[span] for span in spans])
        values = np.concatenate([self.data[span] for span in spans]) * np.repeat(weights, ends - starts)
        return sums(columns, values, self.width)

    def scaled(self, rows: FloatArray | None = None, columns: FloatArray | None = None) -> SparseMatrix:
        """Each entry times its row's and its column's scale."""
        data = self.data if rows is None else self.data * np.repeat(rows, np.diff(self.indptr))
        data = data if columns is None else data * columns[self.indices]
        return SparseMatrix(self.indptr, self.indices, data, self.width)

    def squared(self) -> SparseMatrix:
        """Each entry squared."""
        return SparseMatrix(self.indptr, self.indices, self.data**2, self.width)

    def squares(self, groups: IntArray) -> NDArray[np.floating[Any]]:
        """Each group's rows' products with one another, M_S M_Sᵀ: groups × members × members."""
        count, members = groups.shape
        part = self.rows(groups.ravel())
        # Side by side, each group in columns of its own, all are one product.
        group = np.repeat(np.arange(count), members)
        shift = np.repeat(group * self.width, np.diff(part.indptr))
        apart = SparseMatrix(
            part.indptr, (part.indices + shift).astype(np.int32), part.data, count * self.width
        )
        held = _to_scipy(apart)
        product = (held @ held.T).tocoo()
        cells = np.zeros((count * members, members), self.data.dtype)
        cells[product.row, product.col % members] = product.data
        return cells.reshape(count, members, members)

    def row_sums(self) -> FloatArray:
        return sums(self.row_of_entry, self.data, self.height)

    def diagonal(self) -> FloatArray:
        return np.asarray(_to_scipy(self).diagonal(), np.float64)

    def column_sums(self) -> FloatArray:
        return sums(self.indices, self.data, self.width)

    def keeping(self, kept: NDArray[np.bool_]) -> SparseMatrix:
        """Only the entries marked True."""
        place = kept.nonzero()[0]
        indptr = np.searchsorted(place, self.indptr)
        return SparseMatrix(indptr, self.indices[place], self.data[place], self.width)

    def columns_from(self, first: int) -> SparseMatrix:
        """Only the columns from `first` on, which becomes 0."""
        if first == 0:
            return self
        kept = self.keeping(self.indices >= first)
        return SparseMatrix(kept.indptr, kept.indices - np.int32(first), kept.data, self.width - first)

    def without_diagonal(self, first: int = 0) -> SparseMatrix:
        """Without the entries whose column is their row; row 0 is row `first` of a larger matrix."""
        return self.keeping(self.row_of_entry + first != self.indices)

    def dense(self) -> NDArray[np.floating[Any]]:
        return _to_scipy(self).toarray()

    def cut(self, limit: int) -> SparseMatrix:
        """The `limit` largest entries by size of each row; among equals some columns stay, drawn by hash."""
        length = np.diff(self.indptr)
        crowded = np.flatnonzero(length > limit)
        if len(crowded) == 0:
            return self
        kept = np.ones(len(self.data), np.bool_)
        # Rows of like length stand side by side, so that many are cut at once and little is padded.
        crowded = crowded[np.argsort(length[crowded], kind="stable")]
        ascending, first = length[crowded], 0
        while first < len(crowded):
            longest = ascending[first] * 4 // 3
            last = first + max(1, CELLS_AT_ONCE // int(longest))
            last = min(last, int(np.searchsorted(ascending, longest, side="right")))
            self._mark(kept, crowded[first:last], limit)
            first = last
        return self.keeping(kept)

    def _mark(self, kept: NDArray[np.bool_], rows: IntArray, limit: int) -> None:
        """Mark False what the cut takes from these rows, of which the last is the longest."""
        begin, length = self.indptr[rows], self.indptr[rows + 1] - self.indptr[rows]
        there = np.arange(int(length[-1])) < length[:, None]
        place = np.where(there, begin[:, None] + np.arange(int(length[-1])), begin[:, None])
        size = np.where(there, np.abs(self.data[place]).astype(np.float32), np.float32(-1))
        edge = np.partition(size, size.shape[1] - limit, axis=1)[:, size.shape[1] - limit, None]
        less = size < edge
        tied = np.flatnonzero((~less).sum(axis=1) > limit)
        if len(tied):
            key = _precedence(size[tied], self.indices[place[tied]])
            last = np.partition(key, key.shape[1] - limit, axis=1)[:, key.shape[1] - limit, None]
            less[tied] = key < last
        kept[place[there & less]] = False

    def renumbered(self, rows: IntArray, height: int, columns: IntArray, width: int) -> SparseMatrix:
        """Row i at rows[i], column j at columns[j], left out where -1; both maps must ascend."""
        there = rows >= 0
        moved = (self if there.all() else self.rows(np.flatnonzero(there))).columns_renumbered(columns, width)
        lengths = np.zeros(height, np.int64)
        lengths[rows[there]] = np.diff(moved.indptr)
        return SparseMatrix(np.concatenate([[0], np.cumsum(lengths)]), moved.indices, moved.data, width)

    def heightened(self, height: int) -> SparseMatrix:
        """With empty rows at its end."""
        indptr = np.append(self.indptr, np.full(height - self.height, self.indptr[-1]))
        return SparseMatrix(indptr, self.indices, self.data, self.width)

    def columns_renumbered(self, columns: IntArray, width: int) -> SparseMatrix:
        """Column j at columns[j], left out where -1; the map must ascend."""
        place = columns.astype(np.int32)[self.indices]
        moved = SparseMatrix(self.indptr, place, self.data, width)
        return moved if place.min(initial=0) >= 0 else moved.keeping(place >= 0)

    def with_rows(self, chosen: IntArray, others: SparseMatrix) -> SparseMatrix:
        """The same but for the chosen rows, whose places those of `others` take."""
        start, length = self.indptr[:-1].copy(), np.diff(self.indptr)
        start[chosen], length[chosen] = self.indptr[-1] + others.indptr[:-1], np.diff(others.indptr)
        indptr = np.concatenate([[0], np.cumsum(length)])
        place: IntArray = np.arange(int(indptr[-1])) + np.repeat(start - indptr[:-1], length)
        indices = np.concatenate([self.indices, others.indices])[place]
        data = np.concatenate([self.data, others.data])[place]
        return SparseMatrix(indptr, indices, data, self.width)

    def stored_as(self, dtype: type[np.floating[Any]]) -> SparseMatrix:
        return SparseMatrix(self.indptr, self.indices, self.data.astype(dtype, copy=False), self.width)


def stacked(parts: list[SparseMatrix], width: int) -> SparseMatrix:
    """The parts' rows under one another; all parts are `width` wide."""
    starts = np.cumsum([0, *(part.indptr[-1] for part in parts)])
    indptr = [part.indptr[1:] + start for part, start in zip(parts, starts, strict=False)]
    return SparseMatrix(
        np.concatenate([np.zeros(1, np.int64), *indptr]),
        _joined(np.int32, [part.indices for part in parts]),
        _joined(np.float32, [part.data for part in parts]),
        width,
    )


def side_by_side(parts: list[SparseMatrix], height: int) -> SparseMatrix:
    """Their columns side by side."""
    return stacked([part.transposed() for part in parts], height).transposed()


def _joined(least: type[np.generic], parts: list[NDArray[Any]]) -> NDArray[Any]:
    """One after the other, of at least this type; of many that is to touch much new memory, which threads share."""
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    whole = np.empty(int(ends[-1]) if parts else 0, np.result_type(least, *parts))

    def put(number: int) -> None:
        whole[ends[number] - len(parts[number]) : ends[number]] = parts[number]

    for _ in in_order(put, range(len(parts)), None if len(whole) > JOINED_ALONE else 1):
        pass
    return whole


def sums(places: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]], size: int) -> FloatArray:
    """float64[size]: at each place the sum of its values."""
    return np.bincount(places, weights=values, minlength=size).astype(np.float64, copy=False)


def _least(size: NDArray[np.floating[Any]], limit: int) -> NDArray[np.floating[Any]]:
    """Of each row a bound that at least its `limit` largest reach, and not many others.

    It is the limit-th largest of the maxima of groups: columns far apart, so that maxima are taken of whole rows.
    """
    height, width = size.shape
    if limit >= width:
        return np.zeros(height, size.dtype)
    members = max(1, width // (GROUPS_FOR_EACH * limit))
    groups = width // members
    tops = size[:, : members * groups].reshape(height, members, groups).max(axis=1)
    tops = np.concatenate([tops, size[:, members * groups :]], axis=1)
    edge = tops.shape[1] - limit
    return np.partition(tops, edge, axis=1)[:, edge]


def _precedence(size: NDArray[np.float32], columns: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Larger for what is larger; equals are ordered by a hash of their columns, negative sizes come last.

    The bits of a non-negative float32 order as it does. The hash, Knuth's multiplicative one, favours no low column.
    """
    bits = np.maximum(size, 0).view(np.uint32).astype(np.uint64)
    luck = ((columns.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)
    return np.where(size < 0, np.uint64(0), (bits << np.uint64(32)) | luck | np.uint64(1))


def _to_scipy(matrix: SparseMatrix) -> Any:
    shape, starts = (matrix.height, matrix.width), matrix.indptr
    # Of two types of index SciPy would copy all indices to the larger one for every product.
    starts = starts.astype(np.int32) if len(matrix.data) <= np.iinfo(np.int32).max else starts
    return sparse.csr_array((matrix.data, matrix.indices, starts), shape=shape)


def _from_scipy(matrix: Any) -> SparseMatrix:
    matrix.sort_indices()
    return SparseMatrix(
        np.asarray(matrix.indptr, np.int64),
        np.asarray(matrix.indices, np.int32),
        matrix.data,
        int(matrix.shape[1]),
    )
