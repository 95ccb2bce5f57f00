"""What the doctor found is kept with the days it showed on, so that reports of those days say so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from cobi.actions.doctor.finding import Finding
from cobi.actions.doctor.illnesses import ILLNESSES
from cobi.domain.moments import DAY, format_day
from cobi.store import doctor_findings
from cobi.store.database import Connection
from cobi.store.doctor_findings import Kept
from cobi.store.rollups.period import Period
from cobi.store.writer import Transaction

_WHAT = {illness.code: illness.what for illness in ILLNESSES}


def new_of(connection: Connection, findings: Iterable[Finding]) -> list[Kept]:
    """What is to be kept of these: nothing where all of them are kept already."""
    found = [Kept(one.illness.code, _place(one.where), one.since, one.until) for one in findings]
    return [one for one in found if not doctor_findings.is_kept(connection, one)]


def keep(transaction: Transaction, found: Iterable[Kept], now: int) -> None:
    """Keep findings; one that goes on is the same one."""
    for one in found:
        doctor_findings.keep(transaction.connection, one, now)


def marked(connection: Connection, period: Period) -> list[dict[str, Any]]:
    """What was ever found on the days of a period, as JSON."""
    first = None if period.since is None else period.since // DAY
    last = None if period.until is None else -(-period.until // DAY) - 1
    return [
        {
            "code": one.code,
            "since": format_day(one.since),
            "until": format_day(one.until),
            "where": msgspec.json.decode(one.place),
            "what": _WHAT.get(one.code, one.code),
        }
        for one in doctor_findings.between(connection, first, last)
    ]


def _place(where: dict[str, str | None]) -> str:
    return msgspec.json.encode(where, order="sorted").decode()
