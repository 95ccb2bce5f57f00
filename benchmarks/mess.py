"""A dirty CSV imported, mended by rules and tried again: every row is accounted for, and how fast.

Of the rows 60 % are clean; the others are wrong in one to three ways, some of which rules can mend.
"""

from __future__ import annotations

import csv
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from cobi.cli.file_kinds import open_all
from cobi.config.settings import Settings
from cobi.domain.quarantine import EVERYTHING, parse_retry
from cobi.domain.records import CUSTOMERS, SHOPS, TRANSACTIONS
from cobi.service.registry import Registry
from cobi.service.service import Service

ROWS = 500_000
SHOPS_THERE, STUDENTS, LATE_STUDENTS = 100, 2000, 200
COLUMNS = ("transaction_id", "shop_id", "student_id", "region", "savings", "amount", "total", "created")
RULES = [
    {"rename": "total", "to": "amount"},
    {"replace": "region", "value": "Bahrain", "by": "BH"},
    {"default": "region", "value": "BH"},
    {"default": "savings", "value": 0},
]

Row = dict[str, str]
Dirt = Callable[[Row], Any]

MENDABLE: dict[str, Dirt] = {
    "a region's name in place of its code": lambda row: row.update(region=" Bahrain"),
    "no region": lambda row: row.update(region=""),
    "no savings": lambda row: row.update(savings=""),
    "the amount in another column": lambda row: row.update(total=row["amount"], amount=""),
    "a student who comes later": lambda row: row.update(student_id=late_student(row)),
}
HOPELESS: dict[str, Dirt] = {
    "an id that is none": lambda row: row.update(transaction_id=row["transaction_id"][:-3]),
    "savings below nothing": lambda row: row.update(savings="-1"),
    "a shop nobody knows": lambda row: row.update(shop_id=identifier("shop", SHOPS_THERE + 1)),
    "a time that is none": lambda row: row.update(created="31.02.2026"),
    "a cell too many": lambda row: row.update(more="what?"),
}


def identifier(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"mess/{kind}/{number}"))


def late_student(row: Row) -> str:
    return identifier("student", STUDENTS + int(row["transaction_id"][:4], 16) % LATE_STUDENTS)


def rows(count: int, seed: int = 0) -> Iterator[tuple[str, Row]]:
    """Rows with what must become of them: clean, mendable, hopeless, or twin of a row before it."""
    random = np.random.default_rng(seed)
    dirts = {**MENDABLE, **HOPELESS}
    names, clean = list(dirts), None
    for _ in range(count):
        if clean is not None and random.random() < 0.02:
            yield "twin", clean
            continue
        row = _clean(random)
        if random.random() < 0.6:
            clean = row
            yield "clean", row
            continue
        # In their order, so that what can be mended does not hide what cannot.
        chosen = [names[at] for at in sorted(random.permutation(len(names))[: random.integers(1, 4)])]
        for name in chosen:
            dirts[name](row)
        yield ("hopeless" if any(name in HOPELESS for name in chosen) else "mendable"), row


def _clean(random: np.random.Generator) -> Row:
    return {
        "transaction_id": str(uuid.UUID(bytes=random.bytes(16))),
        "shop_id": identifier("shop", int(random.integers(SHOPS_THERE))),
        "student_id": identifier("student", int(random.integers(STUDENTS))),
        "region": "BH",
        "savings": f"{random.integers(1, 500) / 100}",
        "amount": f"{random.integers(1, 5000) / 100}",
        "total": "",
        "created": f"2026-{random.integers(1, 6):02}-{random.integers(1, 28):02}T12:00:00Z",
    }


def write(path: Path, count: int, seed: int = 0) -> Counter[str]:
    """Write the file; answers how many rows of which kind it has."""
    kinds: Counter[str] = Counter()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for kind, row in rows(count, seed):
            kinds[kind] += 1
            writer.writerow(row.values())
    return kinds


def upload_students(service: Service, numbers: range) -> None:
    students = [
        {"customer_id": identifier("student", n), "user_id": identifier("user", n), "region": "BH"}
        for n in numbers
    ]
    service.upload(CUSTOMERS, [msgspec.json.encode(student) for student in students], "mess")


def prepare(service: Service) -> None:
    """What the transactions refer to, but for the late students."""
    shops = [
        {"shop_id": identifier("shop", n), "name": f"Shop {n}", "region": "BH"} for n in range(SHOPS_THERE)
    ]
    service.upload(SHOPS, [msgspec.json.encode(shop) for shop in shops], "mess")
    upload_students(service, range(STUDENTS))


def import_all(service: Service, path: Path) -> Counter[str]:
    """Import the file as `cobi import` does; answers what became of its rows."""
    [file] = open_all([path])
    tally: Counter[str] = Counter()
    for batch in file.read(TRANSACTIONS, 0):
        result = service.upload(TRANSACTIONS, batch.bodies, "mess")
        tally.update(stored=result.stored, unchanged=result.unchanged, refused=result.rejected)
    return tally


def retry_all(service: Service, rules: Sequence[Any]) -> Counter[str]:
    """Mend and retry until every record was tried; answers what became of them."""
    tally: Counter[str] = Counter()
    order: dict[str, Any] = {"type": TRANSACTIONS.name, "rules": list(rules)}
    while order.get("cursor", "") is not None:
        answer = service.retry(parse_retry(order))
        tally.update({name: answer[name] for name in ("stored", "unchanged", "refused")})
        order["cursor"] = answer["next_cursor"]
    return tally


def main(_arguments: Sequence[str] = ()) -> None:
    """Print what became of the rows, and the rates."""
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name:
        file = Path(name) / "mess.csv"
        kinds = write(file, ROWS)
        print(f"  {ROWS:,} rows: " + ", ".join(f"{n:,} {kind}" for kind, n in kinds.most_common()))
        registry = Registry(Settings(data=Path(name) / "data"))
        registry.create("mess")
        service = registry.named("mess")
        prepare(service)
        imported = _timed("imported", lambda: import_all(service, file))
        upload_students(service, range(STUDENTS, STUDENTS + LATE_STUDENTS))
        retried = _timed("retried", lambda: retry_all(service, RULES))
        again = _timed("retried once more", lambda: retry_all(service, RULES))
        found = service.refused(EVERYTHING, 1, None)
        registry.close()
    waiting = sum(row["records"] for row in found["counts"])
    assert imported.total() == ROWS == imported["stored"] + imported["unchanged"] + retried.total()
    assert imported["stored"] == kinds["clean"]
    assert imported["unchanged"] == kinds["twin"]
    assert retried["stored"] == kinds["mendable"] == found["left"]["retried"]
    assert retried["refused"] == kinds["hopeless"] == again["refused"] == waiting
    print(f"  every row is accounted for; {waiting:,} wait with their reasons")


def _timed(what: str, work: Callable[[], Counter[str]]) -> Counter[str]:
    start = time.perf_counter()
    tally = work()
    rate = tally.total() / (time.perf_counter() - start)
    counts = ", ".join(f"{n:,} {name}" for name, n in tally.items())
    print(f"  {what:18} {rate:9,.0f} rows/s   {counts}", flush=True)
    return tally


if __name__ == "__main__":
    main()
