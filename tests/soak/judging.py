"""Judges answers to hostile bodies one by one, and in the end what all of them promised against what is stored."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from cobi.domain.batch import MAX_ERRORS_SHOWN
from cobi.domain.codes import RECORD_CODES, REQUEST_CODES, WARNING_CODES
from cobi.domain.identifiers import format_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.service.registry import Registry
from cobi.store.schema import ENTITIES, interactions, quarantine, quarantine_accounts
from tests.acceptance.installation import Installation
from tests.factories import ALL_TYPES
from tests.soak.hostile_bodies import Body
from tests.soak.sender import Answer

STATUS = {"success": 200, "partial": 207, "error": 400}
ALLOWED = frozenset({200, 201, 207, 400, 413, 415})
_MOST_FAULTS = 100


class Wrong(Exception):
    """An answer that should not have been given."""


@dataclass
class Account:
    """What was answered, what that promises, and every answer that should not have been given."""

    statuses: Counter[int] = field(default_factory=Counter)
    families: Counter[tuple[str, int]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0
    faults: list[str] = field(default_factory=list)
    stored: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    promised: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in ALL_TYPES})
    cities: set[str] = field(default_factory=set)
    interaction_ids: set[str] = field(default_factory=set)
    unknown: int = 0
    """Requests without an answer, whose records may be stored."""

    def take(self, body: Body, answer: Answer) -> None:
        """Judge an answer and note what it promises."""
        self.statuses[answer.status] += 1
        self.families[body.family, answer.status] += 1
        self.slowest = max(self.slowest, answer.seconds)
        try:
            self._judge(body, answer)
        except (Wrong, KeyError, TypeError, ValueError) as fault:
            self.blame(body, f"{answer.status} {type(fault).__name__} {fault}: {answer.content[:300]!r}")

    def blame(self, body: Body, fault: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(f"body {body.number} ({body.family} to {body.path}): {fault}")

    def _judge(self, body: Body, answer: Answer) -> None:
        # Who does not finish a body, or sends no chunks, is refused by HTTP itself.
        if body.framing in ("cut", "broken chunks") and answer.status in (0, 400):
            self.unknown += answer.status == 0
            return
        _expect(answer.status in ALLOWED, "this status is not one of ingestion")
        _expect(answer.headers.get("content-type") == "application/json", "the answer is not JSON")
        document = json.loads(answer.content)
        if answer.status == 201:
            self._take_single(body, document)
            return
        _expect(document["request_id"] == answer.headers["x-request-id"], "two request ids")
        if "batches" in document:
            self._take_batch(body, answer.status, document)
        else:
            self._take_error(body, answer.status, document)

    def _take_single(self, body: Body, document: dict[str, Any]) -> None:
        _expect(INTERACTIONS.by_name.keys() == document.keys(), "not an interaction")
        self.interaction_ids.add(document["interaction_id"])
        self.cities |= set(body.sure.values())

    def _take_batch(self, body: Body, status: int, document: dict[str, Any]) -> None:
        [batch] = document["batches"]
        data = batch["data"]
        _expect((batch["batch"], batch["status"]) == (1, status), "D4: the status line says another number")
        _expect(STATUS[data["status"]] == status, "D4: the word says another number")
        _expect(document["type"] == data["type"] == body.record_type, "another type")
        received, stored, unchanged, rejected = (
            data[name] for name in ("received", "stored", "unchanged", "rejected")
        )
        _expect(received == stored + unchanged + rejected > 0, "the outcomes do not add up")
        expected = "success" if not rejected else "error" if rejected == received else "partial"
        _expect(data["status"] == expected, "the word contradicts the counts")
        _expect(all(one["code"] in WARNING_CODES for one in data["warnings"]), "an unknown warning")
        refused = self._take_errors(data["errors"], received, rejected)
        self.rejected += rejected
        self.stored[body.record_type] += stored
        _expect(not refused & body.sure.keys(), "a good record was refused")
        told = len(data["errors"]) < MAX_ERRORS_SHOWN
        self._promise(body, set(body.sure) if told or not rejected else set())

    def _take_errors(self, errors: list[dict[str, Any]], received: int, rejected: int) -> set[int]:
        refused = {error["index"] for error in errors}
        _expect(len(errors) <= MAX_ERRORS_SHOWN, "D6: more errors than are shown")
        _expect(bool(errors) == bool(rejected), "D6: refused without a reason")
        _expect(all(0 <= index < received for index in refused), "an index outside the request")
        if len(errors) < MAX_ERRORS_SHOWN:
            _expect(len(refused) == rejected, "D6: not every refused record is told")
        for error in errors:
            _expect(error.keys() == {"index", "field", "code", "message", "value"}, "an error's form")
            self._take_code(error["code"], RECORD_CODES)
        return refused

    def _promise(self, body: Body, places: set[int]) -> None:
        marks = {body.sure[place] for place in places}
        if body.record_type == INTERACTIONS.name:
            self.cities |= marks
        else:
            self.promised[body.record_type] |= marks

    def _take_error(self, body: Body, status: int, document: dict[str, Any]) -> None:
        _expect({"error", "message", "code", "request_id"} <= document.keys(), "D2: not an error's form")
        _expect(bool(document["message"]), "an error without a message")
        _expect(
            not body.sure or body.framing != "length" or body.family == "large", "a good record was refused"
        )
        errors = document.get("errors", [])
        self.rejected += bool(errors)
        for error in errors:
            self._take_code(error["code"], RECORD_CODES)
        if not errors:
            self._take_code(document["code"], REQUEST_CODES)

    def _take_code(self, code: str, known: dict[str, str]) -> None:
        _expect(code in known, f"the code {code} is not in the reference")
        self.codes[code] += 1


def _expect(truth: bool, fault: str) -> None:
    if not truth:
        raise Wrong(fault)


def broken_promises(account: Account, installation: Installation) -> list[str]:
    """What was said to be stored, or kept in quarantine, and is not there."""
    registry = Registry(installation.settings)
    try:
        with registry.named("campus")._core.database.read() as connection:
            return [*_missing(account, connection), *_miscounted(account, connection)]
    finally:
        registry.close()


def _missing(account: Account, connection: Connection) -> list[str]:
    missing: list[str] = []
    for kind, ids in account.promised.items():
        if kind in ENTITIES:
            column = ENTITIES[kind].c[ALL_TYPES[kind].id_field.column]
            there = set(map(format_id, connection.scalars(select(column))))
            missing += [f"{kind} {one} is not stored" for one in ids - there]
    cities = set(connection.scalars(select(interactions.c.city)))
    ids = set(map(format_id, connection.scalars(select(interactions.c.interaction_id))))
    missing += [f"the interaction of {city} is not stored" for city in account.cities - cities]
    missing += [f"interaction {one} is not stored" for one in account.interaction_ids - ids]
    return missing


def _miscounted(account: Account, connection: Connection) -> list[str]:
    """Interactions are only ever added, and a refused record is counted each time it is refused."""
    rows = connection.scalar(select(func.count()).select_from(interactions)) or 0
    singles = len(account.interaction_ids)
    stored = account.stored[INTERACTIONS.name]
    times = int(connection.scalar(select(func.sum(quarantine.c.times))) or 0)
    held = connection.scalar(select(func.count()).select_from(quarantine)) or 0
    accounted = int(connection.scalar(select(func.sum(quarantine_accounts.c.waiting))) or 0)
    faults: list[str] = []
    # A single one that is 201 may have been new or not.
    if not stored <= rows <= stored + singles + account.unknown * 20:
        faults.append(f"{rows} interactions are stored, {stored} were said to be, and up to {singles} by 201")
    if not account.rejected <= times <= account.rejected + account.unknown * 20:
        faults.append(f"{account.rejected} records were refused, quarantine counts {times}")
    if held != accounted:
        faults.append(f"quarantine holds {held} records, its accounts say {accounted}")
    return faults
