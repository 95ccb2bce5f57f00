"""Records out of Parquet files; DuckDB reads them and writes the JSON, a stretch of rows at a time."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

import duckdb

from cobi.cli.record_files import BATCH, Batch, Batches, RecordFile
from cobi.cli.renaming import Renaming
from cobi.domain.errors import InvalidRequest

_ISO = "%Y-%m-%dT%H:%M:%S.%f"


def rows_of(path: Path, renaming: Renaming) -> RecordFile:
    """A Parquet file whose columns are named like fields; raises InvalidRequest for what is none."""
    try:
        with duckdb.connect() as connection:
            query = "SELECT num_rows FROM parquet_file_metadata(?)"
            rows = connection.execute(query, [_literal(path)]).fetchall()[0][0]
    except duckdb.Error as error:
        raise InvalidRequest(f"{path} is not a Parquet file: {error}") from error
    return RecordFile(path, rows, "row", lambda _type, skip: _read(path, renaming, skip))


def _read(path: Path, renaming: Renaming, skip: int) -> Batches:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # The text is made of the names of the file's own columns, quoted.
        made = f"to_json(struct_pack({_fields(connection, path, renaming)}))"
        query = f"SELECT {made}::VARCHAR FROM read_parquet(?) OFFSET ?"  # noqa: S608
        result = connection.execute(query, [_literal(path), skip])
        done = skip
        while rows := result.fetchmany(BATCH):
            numbers = list(range(done + 1, done + len(rows) + 1))
            done += len(rows)
            yield Batch([row[0].encode() for row in rows], numbers, done)


def _fields(connection: duckdb.DuckDBPyConnection, path: Path, renaming: Renaming) -> str:
    """The fields of a record, each with the expression that makes its value."""
    described: list[Any] = connection.execute(
        "DESCRIBE SELECT * FROM read_parquet(?)", [_literal(path)]
    ).fetchall()
    columns = {name: kind for name, kind, *_ in described}
    fields = zip(renaming.of_columns(path, columns), columns.items(), strict=True)
    return ", ".join(
        f"{_quoted(field)} := {_expression(_quoted(name), kind)}"
        for field, (name, kind) in fields
        if field is not None
    )


def _expression(column: str, kind: str) -> str:
    """How a column of some type becomes the JSON value that a record wants."""
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}::TIMESTAMP, '{_ISO}')"
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"
    if kind == "BLOB":
        # Ids are often kept as their 16 bytes.
        return f"lower(hex({column}))"
    return column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    # DuckDB would take signs such as * in a name for a pattern.
    return glob.escape(str(path))
