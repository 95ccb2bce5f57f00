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
        """The same as `of_dense(cells).cut(limit)`, sooner; overwrites the cells."""
        if limit < cells.shape[1]:
            size = np.abs(cells)
            edge = np.partition(size, cells.shape[1] - limit, axis=1)[:, cells.shape[1] - limit]
            cells[size < edge[:, None]] = 0
        return cls.of_dense(cells).cut(limit)

    @classmethod
    def identity(cls, size: int) -> SparseMatrix:
        return cls(np.arange(size + 1), np.arange(size, dtype=np.int32), np.ones(size), size)

    def __matmul__(self, other: SparseMatrix) -> SparseMatrix:
        return _from_scipy(_to_scipy(self) @ _to_scipy(other))

    def __add__(self, other: SparseMatrix) -> SparseMatrix:
        return _from_scipy(_to_scipy(self) + _to_scipy(other))

    def transposed(self) -> SparseMatrix:
        return _from_scipy(_to_scipy(self).T.tocsr())

    def times(self, dense: FloatArray) -> FloatArray:
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
        part = self.rows(chosen)
        spread = np.repeat(weights, np.diff(part.indptr))
        return sums(part.indices, part.data * spread, self.width)

    def scaled(self, row_scale: FloatArray, column_scale: FloatArray) -> SparseMatrix:
        """Each entry times its row's and its column's scale."""
        data = self.data * np.repeat(row_scale, np.diff(self.indptr)) * column_scale[self.indices]
        return SparseMatrix(self.indptr, self.indices, data, self.width)

    def row_sums(self) -> FloatArray:
        return sums(self.row_of_entry, self.data, self.height)

    def column_sums(self) -> FloatArray:
        return sums(self.indices, self.data, self.width)

    def keeping(self, kept: NDArray[np.bool_]) -> SparseMatrix:
        """Only the entries marked True."""
        kept_before = np.concatenate([[0], np.cumsum(kept)])
        return SparseMatrix(kept_before[self.indptr], self.indices[kept], self.data[kept], self.width)

    def without_diagonal(self, first: int = 0) -> SparseMatrix:
        """Without the entries whose column is their row; row 0 is row `first` of a larger matrix."""
        return self.keeping(self.row_of_entry + first != self.indices)

    def dense(self) -> NDArray[np.floating[Any]]:
        return _to_scipy(self).toarray()

    def cut(self, limit: int) -> SparseMatrix:
        """The `limit` largest entries by size of each row; among equals the lower column stays."""
        row = self.row_of_entry
        crowded = np.diff(self.indptr) > limit
        if not crowded.any():
            return self
        order = np.lexsort((self.indices, -np.abs(self.data), row))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - np.repeat(self.indptr[:-1], np.diff(self.indptr))
        return self.keeping(rank < limit)

    def renumbered(self, rows: IntArray, height: int, columns: IntArray, width: int) -> SparseMatrix:
        """Row i at rows[i], column j at columns[j], left out where -1; both maps must ascend."""
        kept = self.keeping((rows[self.row_of_entry] >= 0) & (columns[self.indices] >= 0))
        lengths = np.zeros(height, np.int64)
        lengths[rows[rows >= 0]] = np.diff(kept.indptr)[rows >= 0]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        return SparseMatrix(indptr, columns[kept.indices].astype(np.int32), kept.data, width)

    def stored_as(self, dtype: type[np.floating[Any]]) -> SparseMatrix:
        return SparseMatrix(self.indptr, self.indices, self.data.astype(dtype), self.width)


def stacked(parts: list[SparseMatrix], width: int) -> SparseMatrix:
    """The parts' rows under one another; all parts are `width` wide."""
    starts = np.cumsum([0, *(part.indptr[-1] for part in parts)])
    indptr = [part.indptr[1:] + start for part, start in zip(parts, starts, strict=False)]
    return SparseMatrix(
        np.concatenate([np.zeros(1, np.int64), *indptr]),
        np.concatenate([np.empty(0, np.int32), *(part.indices for part in parts)]),
        np.concatenate([np.empty(0, np.float32), *(part.data for part in parts)]),
        width,
    )


def sums(places: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]], size: int) -> FloatArray:
    """float64[size]: at each place the sum of its values."""
    return np.bincount(places, weights=values, minlength=size).astype(np.float64, copy=False)


def _to_scipy(matrix: SparseMatrix) -> Any:
    shape = (matrix.height, matrix.width)
    return sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=shape)


def _from_scipy(matrix: Any) -> SparseMatrix:
    matrix.sort_indices()
    return SparseMatrix(
        np.asarray(matrix.indptr, np.int64),
        np.asarray(matrix.indices, np.int32),
        matrix.data,
        int(matrix.shape[1]),
    )
