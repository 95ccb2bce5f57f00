"""Writes the pages that are made from the code: `python -m docs.generate`. A test holds them to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path

from cobi.api.openapi import document
from cobi.config.settings import Settings
from cobi.domain.codes import RECORD_CODES, REQUEST_CODES, WARNING_CODES
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.organisation_settings import SETTINGS
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from cobi.metrics.families import FAMILIES

_FIRST = next(iter(RECORD_TYPES))
"""Stands for all uploaded types, which are all asked for alike."""

FOLDER = Path(__file__).parent / "reference"
_MADE = "<!-- made by `python -m docs.generate` -->\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def records() -> str:
    """The page of record types and their fields."""
    head = (
        "# Record types\n\n"
        "In the order in which they may be uploaded. `*` marks what a new record must have; all else may be absent or "
        "null. An upload is an upsert by id: what is absent keeps its stored value, and null clears it.\n"
    )
    return "\n".join([head, *map(_record_type, (*RECORD_TYPES.values(), INTERACTIONS))])


def _record_type(record_type: RecordType) -> str:
    rows = (
        (f"`{field.name}`{'*' if field.required else ''}", field.kind.constraint(), field.meaning)
        for field in record_type.fields
    )
    table = _table(("field", "accepted", "meaning"), rows)
    return f"## {record_type.name}\n\n{record_type.meaning}\n\n{table}\n"


def settings() -> str:
    """The page of settings."""
    rows = (
        (
            f"`{setting.name}`",
            f"`COBI_{setting.name.upper()}`",
            f"`{setting.default}`",
            setting.metadata["meaning"],
        )
        for setting in fields(Settings)
    )
    head = (
        "# Settings\n\nTaken from the environment, else from `config.toml` in the data directory, else the default. "
        "`cobi config example` prints a commented file.\n"
    )
    return f"{head}\n{_table(('setting', 'environment', 'default', 'meaning'), rows)}\n"


def organisation_settings() -> str:
    """The page of what each organisation chooses for itself."""
    rows = (
        (f"`{name}`", f"`{setting.default}`", setting.kind.constraint(), setting.meaning)
        for name, setting in SETTINGS.items()
    )
    head = (
        "# Settings of an organisation\n\nChosen while everything runs, by `PUT /v1/settings` with "
        '`{"most_per_shop": 2}` or by `cobi settings set most_per_shop=2`; null puts the default back. Every server '
        "process follows with its next answer.\n"
    )
    return f"{head}\n{_table(('setting', 'default', 'accepted', 'meaning'), rows)}\n"


def errors() -> str:
    """The page of error and warning codes."""
    sections = (
        (
            "Records",
            "Why a record is refused. It is reported by its index and kept in quarantine.",
            RECORD_CODES,
        ),
        ("Requests", "Why a request as a whole is refused.", REQUEST_CODES),
        ("Warnings", "What was accepted but may not be what was meant.", WARNING_CODES),
    )
    parts = [
        f"## {title}\n\n{text}\n\n{_table(('code', 'meaning'), ((f'`{c}`', m) for c, m in codes.items()))}\n"
        for title, text, codes in sections
    ]
    return "\n".join(["# Error codes\n", *parts])


def api() -> str:
    """The page of endpoints."""
    rows: list[tuple[str, ...]] = []
    for path, operations in document()["paths"].items():
        shown = path.replace(f"/v1/data/{_FIRST}", "/v1/data/{record_type}")
        if any(shown == f"/v1/data/{name}" for name in RECORD_TYPES):
            continue
        for method, operation in operations.items():
            scope = (
                operation.get("description", "").replace("Needs the scope `", "").removesuffix("`.") or "–"
            )
            parameters = ", ".join(
                f"`{one['name']}`" for one in operation["parameters"] if one["in"] == "query"
            )
            rows.append((f"`{method.upper()} {shown}`", operation["summary"], scope, parameters or "–"))
    head = (
        "# HTTP API\n\nEvery request but the last three carries `Authorization: Bearer KEY`; `admin` includes all "
        "other scopes. The server answers the whole contract as OpenAPI 3.1 at `/v1/openapi.json`.\n"
    )
    return f"{head}\n{_table(('request', 'what it does', 'scope', 'query parameters'), rows)}\n"


def metrics() -> str:
    """The page of metrics."""
    rows = (
        (
            f"`{family.name}`",
            family.kind,
            ", ".join(f"`{label}`" for label in family.all_labels),
            family.meaning,
        )
        for family in FAMILIES
    )
    head = "# Metrics\n\nAt `/metrics`; how to reach and read them is told in [operations](../how-to/operations.md).\n"
    return f"{head}\n{_table(('metric', 'kind', 'labels', 'meaning'), rows)}\n"


PAGES: dict[str, Callable[[], str]] = {
    "records.md": records,
    "settings.md": settings,
    "organisation-settings.md": organisation_settings,
    "errors.md": errors,
    "api.md": api,
    "metrics.md": metrics,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(_MADE + page())


def up_to_date(name: str) -> bool:
    """Whether a page is what the code says."""
    return (FOLDER / name).read_text() == _MADE + PAGES[name]()


if __name__ == "__main__":
    main()
