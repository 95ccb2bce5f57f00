"""A report's table as a Parquet file."""

from __future__ import annotations

import tempfile
from pathlib import Path

_INTEGER = "BIGINT"
_TYPES = {
    "day": "DATE",
    "policy": "VARCHAR",
    "arm": "VARCHAR",
    "region": "VARCHAR",
    "amount": "DOUBLE",
    "savings": "DOUBLE",
}


def as_parquet(table: str) -> bytes:
    """The same of CSV with a head; whole numbers where no other type is known."""
    # Loaded by those who ask for it alone.
    import duckdb  # noqa: PLC0415

    names = table.split("\n", 1)[0].split(",")
    columns = ", ".join(f"'{name}': '{_TYPES.get(name, _INTEGER)}'" for name in names)
    with tempfile.TemporaryDirectory(prefix="cobi-report-") as folder:
        source, made = Path(folder, "report.csv"), Path(folder, "report.parquet")
        source.write_text(table)
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(
                f"COPY (FROM read_csv('{source}', header = true, delim = ',', quote = '\"', "
                f"columns = {{{columns}}})) TO '{made}' (FORMAT parquet, COMPRESSION zstd)"
            )
        return made.read_bytes()
