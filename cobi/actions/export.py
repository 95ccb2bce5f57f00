"""Reading everything out, record by record, as it would be uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.record_type import RecordType
from cobi.store import entities, interactions
from cobi.store.database import Connection

_PAGE = 5000
_FIRST_ID = bytes(16)


@dataclass(frozen=True)
class Snapshot:
    """What is stored as of one moment; usable until its transaction ends."""

    connection: Connection

    def count(self, record_type: RecordType) -> int:
        """How many records of a type there are."""
        if record_type is INTERACTIONS:
            return interactions.count(self.connection)[0]
        return entities.count(self.connection, record_type)[0]

    def pages(self, record_type: RecordType) -> Iterator[list[dict[str, Any]]]:
        """All records of a type as a client reads them: in upload order, interactions oldest first."""
        rows = self._interactions() if record_type is INTERACTIONS else self._uploaded(record_type)
        return ([record_type.render(row) for row in page] for page in rows)

    def _uploaded(self, record_type: RecordType) -> Iterator[list[dict[str, Any]]]:
        after = 0
        while page := entities.page(self.connection, record_type, _PAGE, after):
            yield page
            after = page[-1]["key"]

    def _interactions(self) -> Iterator[list[dict[str, Any]]]:
        after = _FIRST_ID
        while page := interactions.page_upwards(self.connection, _PAGE, after):
            yield page
            after = page[-1]["interaction_id"]
