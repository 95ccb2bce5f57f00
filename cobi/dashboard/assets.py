"""Styles, scripts and the icon: read once, named after their content, and therefore kept by browsers for ever."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

PREFIX = "/assets/"
_HASH_LETTERS = 12
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """A file to serve: as it is, and compressed."""

    name: str
    media_type: str
    content: bytes
    compressed: bytes


class Assets:
    """All assets by the names they are served under."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        made = {name: _asset(name, text) for name, text in texts.items()}
        self._addresses = {name: PREFIX + asset.name for name, asset in made.items()}
        self._served = {asset.name: asset for asset in made.values()}

    def address(self, name: str) -> str:
        """Where `cobi.css` is."""
        return self._addresses[name]

    def find(self, served_name: str) -> Asset | None:
        """The asset of that name with its hash."""
        return self._served.get(served_name)


def shipped() -> Assets:
    """The assets of this package: all styles in one file and all scripts in another, in the order of their names."""
    folder = files("cobi.dashboard") / "assets"
    return Assets(
        {
            "cobi.css": _joined((folder / "styles").iterdir(), ".css"),
            "cobi.js": _joined((folder / "scripts").iterdir(), ".js"),
            "icon.svg": (folder / "icon.svg").read_text("utf-8"),
        }
    )


def _joined(parts: Iterable[Traversable], suffix: str) -> str:
    mine = sorted((part for part in parts if part.name.endswith(suffix)), key=lambda part: part.name)
    return "\n".join(part.read_text("utf-8") for part in mine)


def _asset(name: str, text: str) -> Asset:
    content = text.encode()
    stem, _, kind = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LETTERS]
    return Asset(f"{stem}.{digest}.{kind}", _KINDS[kind], content, gzip.compress(content, 9, mtime=0))
