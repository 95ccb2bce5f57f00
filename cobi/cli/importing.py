"""`cobi import`: records out of files, into a database or to a server."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from cobi.cli.destinations import Database, Destination, Unreachable
from cobi.cli.import_journal import Journal, Reached, job_of
from cobi.cli.opening import organisation, place
from cobi.cli.options import Data
from cobi.cli.progress import records_progress, say
from cobi.cli.record_files import RecordFile, Unreadable
from cobi.cli.refused_file import RefusedFile
from cobi.cli.renaming import parse_renaming
from cobi.cli.tally import Tally
from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES

TYPES = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}

Stopped = Unreadable | Unreachable
"""What ends an import early; what came before it is stored."""

Key = Annotated[str | None, Option("--key", envvar="COBI_KEY", help="The key for --url.")]


def import_records(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    record_type: Annotated[
        str, Argument(metavar="TYPE", help=f"One of {', '.join(TYPES)}; upload them in this order.")
    ],
    files: Annotated[
        list[Path],
        Argument(help=".jsonl, .csv (both also as .gz) or .parquet, with fields named as in the API."),
    ],
    org: Annotated[str | None, Option("--org", envvar="COBI_ORG", help="The organisation, by name.")] = None,
    data: Data = None,
    url: Annotated[
        str | None, Option("--url", help="Send to the server there, with --key, in place of --org.")
    ] = None,
    key: Key = None,
    mapping: Annotated[
        list[str] | None,
        Option("--map", metavar="NAME=FIELD", help="What a name in the files stands for; may be repeated."),
    ] = None,
    rejected: Annotated[
        Path | None,
        Option("--rejected", help="Write refused records to this .jsonl file, with reasons and places."),
    ] = None,
    resume: Annotated[
        bool, Option("--resume", help="Go on where this import was cut off, if it was.")
    ] = False,
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

    renaming = parse_renaming(mapping or [], kind)
    opened = open_all(files, renaming)
    if rejected is not None and rejected.resolve() in [file.resolve() for file in files]:
        raise InvalidRequest("--rejected names a file that is read")
    tally = Tally(kind.name)
    with _destination(org, data, url, key) as destination:
        journal = Journal(job_of(destination.name, kind.name, dict(renaming.fields), files, rejected))
        begin = _where_to_begin(journal, resume)
        with RefusedFile(rejected, begin.refused_bytes) as refused:
            failure = _Import(destination, kind, journal, refused, tally).run(opened, begin)
    tally.show(_where_refused(kind, org, url, rejected))
    _end(failure, journal)


@contextmanager
def _destination(
    org: str | None, data: Path | None, url: str | None, key: str | None
) -> Generator[Destination]:
    if url is not None:
        from cobi.cli.remote import remote

        with remote(url, key) as server:
            yield server
    elif org:
        with organisation(org, data) as service:
            yield Database(place(org, data), service)
    else:
        raise InvalidRequest("where to? Give --org for this installation, or --url and --key for a server")


def _where_to_begin(journal: Journal, resume: bool) -> Reached:
    reached = journal.read()
    if reached is None:
        if resume:
            say("nothing tells that this import was cut off; it begins at the beginning")
        return Reached()
    if not resume:
        say("this import was cut off before; it begins again (--resume would go on)")
        return Reached()
    say(f"going on in file {reached.file + 1} behind record {reached.records:,}")
    return reached


@dataclass(frozen=True)
class _Import:
    """One import under way."""

    destination: Destination
    kind: RecordType
    journal: Journal
    refused: RefusedFile
    tally: Tally

    def run(self, files: list[RecordFile], begin: Reached) -> Stopped | None:
        """Store file after file; where that cannot go on, what came before it stays stored."""
        try:
            with records_progress() as progress:
                for number in range(begin.file, len(files)):
                    file, before = files[number], self.tally.received
                    task = progress.add_task(file.path.name, total=file.size)
                    done = begin.records if number == begin.file else 0
                    for position in self._store(number, file, done):
                        progress.update(task, completed=position, records=self.tally.received - before)
        except (Unreadable, Unreachable) as failure:
            return failure
        return None

    def _store(self, number: int, file: RecordFile, done: int) -> Generator[int]:
        for batch in file.read(self.kind, done):
            sent = self.destination.send(self.kind, batch.bodies)
            self.tally.add(sent)
            done += len(batch.bodies)
            written = self.refused.add(file, batch, sent.refusals)
            self.journal.write(Reached(number, done, written))
            yield batch.position


def _where_refused(kind: RecordType, org: str | None, url: str | None, rejected: Path | None) -> str:
    if rejected is not None:
        return f"They are in {rejected}, and in quarantine."
    if url is not None:
        return f"They are in the server's quarantine: GET {url.rstrip('/')}/v1/quarantine?type={kind.name}"
    return f"They are in quarantine: cobi quarantine list --org {org!r} --type {kind.name}"


def _end(failure: Stopped | None, journal: Journal) -> None:
    if failure is None:
        journal.remove()
        return
    say(f"error: {failure}")
    if journal.path.exists():
        say("the same command with --resume goes on from here")
    raise Exit(1)
