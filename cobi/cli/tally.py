"""What became of an import's records, counted and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.table import Table

from cobi.cli.destinations import Sent
from cobi.cli.options import console, table
from cobi.domain.codes import RECORD_CODES


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

    def add(self, sent: Sent) -> None:
        """Count a batch."""
        self.received += sent.received
        self.stored += sent.stored
        self.unchanged += sent.unchanged
        self.rejected += len(sent.refusals)
        self.reasons.update(error["code"] for refusal in sent.refusals for error in refusal.errors)
        for warning in sent.warnings:
            self.warnings[warning["message"]] += warning.get("records", 1)

    def show(self, where_refused: str) -> None:
        """Print the counts, why records were refused, and where those are."""
        out = console()
        counts = f"{self.received:,} received, {self.stored:,} stored, {self.unchanged:,} unchanged"
        out.print(f"{self.type}: {counts}, " + _in_yellow(f"{self.rejected:,} rejected", self.rejected > 0))
        for message, records in self.warnings.most_common():
            out.print(f"warning: {message} (records: {records:,})", markup=False, style="yellow")
        if self.rejected:
            out.print(_reasons(self.reasons.most_common()))
            out.print(where_refused, markup=False)


def _reasons(counts: Iterable[tuple[str, int]]) -> Table:
    made = table("records", "code", "meaning", right=["records"])
    made.style = "yellow"
    for code, records in counts:
        made.add_row(f"{records:,}", code, RECORD_CODES.get(code, ""))
    return made


def _in_yellow(text: str, wanted: bool) -> str:
    return f"[yellow]{text}[/yellow]" if wanted else text
