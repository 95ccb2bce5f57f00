"""Lengths of time as people write them: 45s, 30m, 24h, 90d, 2w."""

from __future__ import annotations

import re

from cobi.domain.errors import InvalidRequest
from cobi.domain.moments import DAY, SECOND

LONGEST = 3650 * DAY
"""The longest that can be asked for: ten years."""

_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY, "w": 7 * DAY}
_FORM = re.compile(r"([0-9]{1,9})([smhdw])")


def parse_duration(name: str, text: str, *, least: int = SECOND) -> int:
    """Read a length of time as microseconds; raises InvalidRequest, which calls it by its `name`."""
    form = _FORM.fullmatch(text.strip().lower())
    if form is None:
        raise InvalidRequest(
            f"{name} {text[:64]!r} is not a length of time", hint="write 45s, 30m, 24h, 90d or 2w"
        )
    length = int(form[1]) * _UNITS[form[2]]
    if not least <= length <= LONGEST:
        raise InvalidRequest(f"{name} must be from {least // SECOND}s to {LONGEST // DAY}d, it is {text}")
    return length
