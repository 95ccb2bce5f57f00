"""Looking for all that can be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cobi.actions.doctor.finding import MEMORY, Finding
from cobi.actions.doctor.illnesses import ILLNESSES
from cobi.actions.doctor.shares import mix, shares
from cobi.actions.doctor.silences import silences
from cobi.actions.doctor.single_rows import ahead, bursts
from cobi.domain.moments import DAY, format_moment
from cobi.store.database import Connection
from cobi.store.rollups import reading
from cobi.store.rollups.period import Period
from cobi.store.rollups.reading import Selection


def examine(connection: Connection, now: int) -> dict[str, Any]:
    """All that is found wrong now, as JSON."""
    return told(findings(connection, now), now)


def told(found: Sequence[Finding], now: int) -> dict[str, Any]:
    """Findings as the doctor tells them."""
    return {
        "examined": format_moment(now),
        "healthy": not found,
        "findings": [finding.as_json() for finding in found],
        "looked_for": [illness.code for illness in ILLNESSES],
    }


def findings(connection: Connection, now: int) -> list[Finding]:
    """All that is found wrong now."""
    today = now // DAY
    read = reading.read(connection, Selection(Period((today - MEMORY) * DAY, None)))
    return [
        *shares(connection, read, today),
        *silences(read, today),
        *mix(read, today),
        *bursts(connection, now),
        *ahead(connection, now),
    ]
