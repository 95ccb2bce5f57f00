"""Fitted models: their cards, their arrays, and where each one stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, or_, select, update

from cobi.domain.errors import NotFound
from cobi.domain.model_state import ModelState
from cobi.store import revisions
from cobi.store.schema import ENTITIES, model_arrays, models

_PART_BYTES = 32 * 1024 * 1024
_students = ENTITIES["customers"].c.key

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Origin:
    """Where a model came from: who had it trained, as what it was asked for, and what that took."""

    trained_by: str = "library"
    parent: int | None = None
    recipe: Mapping[str, Any] | None = None
    """The settings it was asked to learn with, before tuning."""
    seconds: float | None = None
    peak_memory: int | None = None
    """In bytes, of the process."""


UNKNOWN = Origin()


def add(
    connection: Connection,
    card: Mapping[str, Any],
    arrays: Arrays,
    now: int,
    origin: Origin = UNKNOWN,
    state: ModelState = ModelState.CANDIDATE,
) -> int:
    """Store a model and return its version, which no other model ever gets."""
    text = msgspec.json.encode(card).decode()
    recipe = None if origin.recipe is None else msgspec.json.encode(origin.recipe).decode()
    version = connection.execute(
        insert(models)
        .values(
            trained=now,
            card=text,
            state=state.value,
            last_student=select(func.max(_students)).scalar_subquery(),
            parent=origin.parent,
            trained_by=origin.trained_by,
            recipe=recipe,
            seconds=origin.seconds,
            peak_memory=origin.peak_memory,
        )
        .returning(models.c.version)
    ).scalar_one()
    for name, array in arrays.items():
        for part, data in enumerate(_parts(array)):
            shape = ",".join(map(str, array.shape))
            connection.execute(
                insert(model_arrays).values(
                    version=version, name=name, part=part, dtype=_little(array).str, shape=shape, data=data
                )
            )
    return version


def go_live(connection: Connection, version: int, now: int, left: ModelState = ModelState.RETIRED) -> None:
    """Make this the live model; every process picks it up with its next answer. The one before is `left` so.

    Raises NotFound.
    """
    before = update(models).where(models.c.state == ModelState.LIVE.value, models.c.version != version)
    connection.execute(before.values(state=left.value, left_live=now))
    changed = connection.execute(
        update(models)
        .where(models.c.version == version)
        .values(state=ModelState.LIVE.value, went_live=now, left_live=None)
    )
    if not changed.rowcount:
        raise unknown(version)
    revisions.move(connection, revisions.MODEL)


def unknown(version: int) -> NotFound:
    """There is no such version."""
    return NotFound(f"there is no model version {version}", code="unknown_model")


def live_version(connection: Connection) -> int | None:
    """The live model's version."""
    return connection.scalar(select(models.c.version).where(models.c.state == ModelState.LIVE.value))


def load(connection: Connection, version: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """A stored model's card and arrays."""
    card = msgspec.json.decode(
        connection.execute(select(models.c.card).where(models.c.version == version)).scalar_one()
    )
    query = select(model_arrays).where(model_arrays.c.version == version)
    parts: dict[str, list[Any]] = {}
    for row in connection.execute(query.order_by(model_arrays.c.name, model_arrays.c.part)):
        parts.setdefault(row.name, []).append(row)
    return card, {name: _joined(rows) for name, rows in parts.items()}


def mark_due(connection: Connection, student_key: int, first_trace: int | None, now: int) -> list[int]:
    """The versions that can have learned from a student, all of them due from now on.

    `first_trace` is when the first interaction of theirs was received: one that came before the student was
    uploaded was learned from as anonymous.
    """
    learned = models.c.last_student >= student_key
    if first_trace is not None:
        learned = or_(learned, models.c.trained >= first_trace)
    connection.execute(update(models).where(learned, models.c.due.is_(None)).values(due=now))
    return list(connection.scalars(select(models.c.version).where(learned).order_by(models.c.version)))


def _little(array: NDArray[Any]) -> np.dtype[Any]:
    return array.dtype.newbyteorder("<")


def _parts(array: NDArray[Any]) -> Iterator[bytes]:
    data = array.astype(_little(array), copy=False).tobytes()
    for start in range(0, max(len(data), 1), _PART_BYTES):
        yield data[start : start + _PART_BYTES]


def _joined(rows: list[Any]) -> NDArray[Any]:
    shape = tuple(int(size) for size in rows[0].shape.split(",") if size)
    return np.frombuffer(b"".join(row.data for row in rows), rows[0].dtype).reshape(shape)
