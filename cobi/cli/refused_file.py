"""`--rejected`: refused records with their reasons and where they stood, one JSON object on each line."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

from cobi.cli.destinations import Refusal
from cobi.cli.record_files import Batch, RecordFile
from cobi.domain.errors import InvalidRequest


class RefusedFile:
    """Where refused records are written; without a path nothing is. Raises InvalidRequest for one that cannot be."""

    def __init__(self, path: Path | None, keep_bytes: int = 0) -> None:
        self._file = None
        if path is not None:
            try:
                self._file = path.open("ab")
            except OSError as error:
                raise InvalidRequest(f"--rejected {path} cannot be written: {error.strerror}") from None
            # What lies behind was written after the journal, and comes again.
            self._file.truncate(min(keep_bytes, self._file.tell()))
            self._file.seek(0, 2)

    def add(self, file: RecordFile, batch: Batch, refusals: Iterable[Refusal]) -> int:
        """Write down a batch's refused records; answers the size of what has been written."""
        if self._file is None:
            return 0
        for refusal in refusals:
            entry = {
                "record": _as_json(refusal.body),
                "errors": refusal.errors,
                "file": str(file.path),
                file.unit: batch.numbers[refusal.index],
            }
            self._file.write(msgspec.json.encode(entry) + b"\n")
        self._file.flush()
        return self._file.tell()

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _as_json(body: bytes) -> msgspec.Raw | str:
    """The record as it is, or as a text where it is no JSON."""
    with suppress(msgspec.DecodeError, RecursionError, ValueError):
        msgspec.json.decode(body)
        return msgspec.Raw(body)
    return body.decode("utf-8", "replace")
