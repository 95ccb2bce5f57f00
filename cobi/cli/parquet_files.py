"""Records out of Parquet files; DuckDB reads them and writes the JSON, a stretch of rows at a time."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

import duckdb

from cobi.cli.record_files import BATCH, Batches, RecordFile
from cobi.domain.errors import InvalidRequest

_ISO = "%Y-%m-%dT%H:%M:%S.%f"


def rows_of(path: Path) -> RecordFile:
    """A Parquet file whose columns are named like fields; raises InvalidRequest for what is none."""
    try:
        with duckdb.connect() as connection:
            query = "SELECT num_rows FROM parquet_file_metadata(?)"
            rows = connection.execute(query, [_literal(path)]).fetchall()[0][0]
    except duckdb.Error as error:
        raise InvalidRequest(f"{path} is not a Parquet file: {error}") from error
    return RecordFile(path, rows, lambda _type: _read(path))


def _read(path: Path) -> Batches:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        described: list[Any] = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?)", [_literal(path)]
        ).fetchall()
        fields = ", ".join(
            f"{_quoted(name)} := {_expression(_quoted(name), kind)}" for name, kind, *_ in described
        )
        # The text is made of the names of the file's own columns, quoted.
        query = f"SELECT to_json(struct_pack({fields}))::VARCHAR FROM read_parquet(?)"  # noqa: S608
        result = connection.execute(query, [_literal(path)])
        done = 0
        while rows := result.fetchmany(BATCH):
            done += len(rows)
            yield [row[0].encode() for row in rows], done


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
