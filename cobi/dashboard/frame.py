"""What surrounds every page: who is signed in, where one can go, how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cobi.dashboard.viewer import THEMES, Viewer
from cobi.store.api_keys import ApiKey


@dataclass(frozen=True)
class Place:
    """A page in the navigation, and the scope it takes to open it."""

    path: str
    name: str
    icon: str
    scope: str


PLACES = (
    Place("/", "Overview", "overview", "report"),
    Place("/effectiveness", "Effectiveness", "effectiveness", "report"),
    Place("/experiments", "Experiments", "experiments", "report"),
    Place("/models", "Models", "models", "report"),
    Place("/students", "Students", "students", "recommend"),
    Place("/catalogue", "Catalogue", "catalogue", "report"),
    Place("/segments", "Segments", "segments", "recommend"),
    Place("/quality", "Data quality", "quality", "ingest"),
    Place("/keys", "Keys", "keys", "admin"),
    Place("/settings", "Settings", "settings", "admin"),
)
"""In the order in which they are listed; a page is added here when it is there."""


def places_of(key: ApiKey) -> Sequence[Place]:
    """Where a key may go."""
    return [place for place in PLACES if place.scope in key.scopes or "admin" in key.scopes]


@dataclass(frozen=True)
class Frame:
    """The surroundings of a page; `key` is None where nobody is signed in."""

    title: str
    path: str
    viewer: Viewer
    key: ApiKey | None = None
    form_token: str = ""

    @property
    def organisation(self) -> str:
        """Whose data this is."""
        return "" if self.key is None else self.key.organisation.name

    @property
    def places(self) -> Sequence[Place]:
        """Where the key may go."""
        return () if self.key is None else places_of(self.key)

    @property
    def current(self) -> Place | None:
        """The place in the navigation that this page belongs to."""
        found = [
            p for p in PLACES if self.path == p.path or (p.path != "/" and self.path.startswith(f"{p.path}/"))
        ]
        return found[0] if found else None

    @property
    def next_theme(self) -> str:
        """What the switch changes to."""
        return THEMES[(THEMES.index(self.viewer.theme) + 1) % len(THEMES)]
