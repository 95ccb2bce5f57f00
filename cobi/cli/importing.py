"""`cobi import`: records out of files."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.table import Table
from typer import Argument, Exit

from cobi.cli.opening import organisation
from cobi.cli.options import Data, Org, console, table
from cobi.cli.progress import records_progress
from cobi.cli.record_files import RecordFile, Unreadable
from cobi.domain.codes import RECORD_CODES
from cobi.domain.errors import NotFound
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES

if TYPE_CHECKING:
    from cobi.domain.batch import BatchResult
    from cobi.service.service import Service

TYPES = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}


def import_records(
    record_type: Annotated[
        str, Argument(metavar="TYPE", help=f"One of {', '.join(TYPES)}; upload them in this order.")
    ],
    files: Annotated[
        list[Path],
        Argument(help=".jsonl, .csv (both also as .gz) or .parquet, with fields named as in the API."),
    ],
    org: Org,
    data: Data = None,
) -> None:
    """Store the records of files; the server may be running. A second import of the same files changes nothing.

    Bad records are kept in quarantine with their reasons and stop nothing.
    """
    kind = TYPES.get(record_type)
    if kind is None:
        raise NotFound(
            f"there is no record type {record_type!r}; types are {', '.join(TYPES)}", code="unknown_type"
        )
    from cobi.cli.file_kinds import open_all

    opened = open_all(files)
    tally = Tally(kind.name)
    with organisation(org, data) as service:
        failure = _store(service, kind, opened, tally)
    tally.show(org)
    if failure is not None:
        print(f"error: {failure}", file=sys.stderr)
        raise Exit(1)


@dataclass
class Tally:
    """What became of the records so far."""

    type: str
    received: int = 0
    stored: int = 0
    unchanged: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])

    def add(self, result: BatchResult) -> None:
        """Count a batch."""
        self.received += result.received
        self.stored += result.stored
        self.unchanged += result.unchanged
        self.rejected += result.rejected
        self.reasons.update(problem.code for rejection in result.rejections for problem in rejection.problems)
        for warning in result.warnings:
            self.warnings[warning["message"]] += warning.get("records", 1)

    def show(self, org: str) -> None:
        """Print the counts, and why records were refused."""
        out = console()
        counts = f"{self.received:,} received, {self.stored:,} stored, {self.unchanged:,} unchanged"
        out.print(f"{self.type}: {counts}, " + _in_yellow(f"{self.rejected:,} rejected", self.rejected > 0))
        for message, records in self.warnings.most_common():
            out.print(f"warning: {message} (records: {records:,})", markup=False, style="yellow")
        if self.rejected:
            out.print(_reasons(self.reasons.most_common()))
            out.print(
                f"They are in quarantine: cobi quarantine list --org {org!r} --type {self.type}", markup=False
            )


def _store(service: Service, kind: RecordType, files: list[RecordFile], tally: Tally) -> Unreadable | None:
    """Store file after file; where one cannot be read to its end, what came before it stays stored."""
    try:
        with records_progress() as progress:
            for file in files:
                task, before = progress.add_task(file.path.name, total=file.size), tally.received
                for bodies, position in file.read(kind):
                    tally.add(service.upload(kind, bodies, str(uuid.uuid4())))
                    progress.update(task, completed=position, records=tally.received - before)
    except Unreadable as failure:
        return failure
    return None


def _reasons(counts: Iterable[tuple[str, int]]) -> Table:
    made = table("records", "code", "meaning", right=["records"])
    made.style = "yellow"
    for code, records in counts:
        made.add_row(f"{records:,}", code, RECORD_CODES.get(code, ""))
    return made


def _in_yellow(text: str, wanted: bool) -> str:
    return f"[yellow]{text}[/yellow]" if wanted else text
