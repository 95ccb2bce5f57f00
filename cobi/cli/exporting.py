"""`cobi export`: everything into files that can be imported again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Exit, Option

from cobi.cli.importing import TYPES
from cobi.cli.opening import organisation
from cobi.cli.options import Data, Org
from cobi.cli.progress import records_progress, say
from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.record_type import RecordType

if TYPE_CHECKING:
    from cobi.cli.export_files import Format
    from cobi.service.service import Service

_FORMATS = ("jsonl", "parquet")


def export_records(
    directory: Annotated[Path, Argument(help="Where the files go, one for each type; made if it is absent.")],
    org: Org,
    data: Data = None,
    chosen: Annotated[str, Option("--format", help="jsonl or parquet.")] = "jsonl",
    types: Annotated[
        list[str] | None, Option("--type", help="Only records of this type; may be repeated.")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Write all records to files, as they are at one moment; the server may be running.

    Imported in the order of the types into an empty organisation, the files give the same records.
    """
    if chosen not in _FORMATS:
        raise InvalidRequest(f"--format must be one of {', '.join(_FORMATS)}, not {chosen!r}")
    kinds = [_type_named(name) for name in TYPES if not types or name in types]
    for name in types or []:
        _type_named(name)
    paths = {kind.name: directory / f"{kind.name}.{chosen}" for kind in kinds}
    there = next((path for path in paths.values() if path.exists()), None)
    if there is not None and not overwrite:
        raise InvalidRequest(f"{there} is there already", hint="name another directory, or add --overwrite")
    from cobi.cli.export_files import Format, Unwritable

    with organisation(org, data) as service:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for line in _write_all(service, kinds, paths, Format(chosen)):
                print(line)
        except (OSError, Unwritable) as failure:
            say(f"error: {failure}")
            raise Exit(1) from None


def _write_all(
    service: Service, kinds: list[RecordType], paths: dict[str, Path], chosen: Format
) -> list[str]:
    from cobi.cli.export_files import write

    written: list[str] = []
    with service.snapshot() as snapshot, records_progress() as progress:
        for kind in kinds:
            path, records = paths[kind.name], 0
            task = progress.add_task(path.name, total=snapshot.count(kind))
            for size in write(path, kind, snapshot.pages(kind), chosen):
                records += size
                progress.update(task, completed=records, records=records)
            written.append(f"{path}: {records:,} records")
    return written


def _type_named(name: str) -> RecordType:
    if name not in TYPES:
        raise NotFound(f"there is no record type {name!r}; types are {', '.join(TYPES)}", code="unknown_type")
    return TYPES[name]
