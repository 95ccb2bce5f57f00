"""Figures about what is stored, for the metrics."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from cobi.domain.model_state import ModelState
from cobi.store.schema import models, quarantine_accounts


def quarantined(connection: Connection) -> dict[str, int]:
    """How many refused records there are by type."""
    waiting = func.sum(quarantine_accounts.c.waiting)
    rows = connection.execute(
        select(quarantine_accounts.c.type, waiting).group_by(quarantine_accounts.c.type)
    )
    return {row[0]: int(row[1]) for row in rows}


def live_model(connection: Connection) -> tuple[int, int] | None:
    """The live model's version, and when it was trained (µs)."""
    row = connection.execute(
        select(models.c.version, models.c.trained).where(models.c.state == ModelState.LIVE.value)
    ).first()
    return None if row is None else (row[0], row[1])
