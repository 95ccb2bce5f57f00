"""What a page must know of whoever looks at it: their time zone and whether they want it dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cobi.domain.moments import as_datetime

ZONE_COOKIE, THEME_COOKIE = "cobi_zone", "cobi_theme"
THEMES = ("auto", "light", "dark")
_LONGEST_ZONE = 64


@dataclass(frozen=True)
class Viewer:
    """Whoever looks: the zone times are shown in, and one of THEMES."""

    zone: tzinfo = UTC
    theme: str = "auto"

    @property
    def zone_name(self) -> str:
        """What the zone is called."""
        return getattr(self.zone, "key", None) or "UTC"

    def local(self, moment: int) -> datetime:
        """A moment in the viewer's zone."""
        return as_datetime(moment).astimezone(self.zone)


def viewer_of(cookies: Mapping[str, str]) -> Viewer:
    """The viewer by what their browser's cookies say; what makes no sense is passed over."""
    theme = cookies.get(THEME_COOKIE, "auto")
    return Viewer(_zone(cookies.get(ZONE_COOKIE, "")), theme if theme in THEMES else "auto")


@lru_cache(1024)
def _zone(name: str) -> tzinfo:
    # Names with other characters could be looked for outside of the zones' folder.
    if not 0 < len(name) <= _LONGEST_ZONE or ".." in name or name.startswith("/"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
