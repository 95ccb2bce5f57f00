"""What texts look like, as the regular expressions of JSON Schema; the parsers of `fields` are what decides."""

from __future__ import annotations

from cobi.domain.regions import REGIONS

_CONTROL = r"\x00-\x1f\x7f-\x9f"


def _without(characters: str) -> str:
    """Some text without these that is not blank."""
    return rf"^[^{characters}]*[^{characters}\s][^{characters}]*$"


PRINTABLE = _without(_CONTROL)
"""Some text without control characters that is not blank."""

PART_OF_A_NAME = _without(f":{_CONTROL}")
"""The same, without the colon that parts two names."""

UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
CODE = "^[A-Za-z_][A-Za-z0-9_]*$"


def any_case(text: str) -> str:
    """This text in any case."""
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in text)


def list_of(part: str) -> str:
    """Comma-separated parts."""
    return f"^ *({part}) *(, *({part}) *)*$"


def _any_region() -> str:
    firsts = sorted({code[0] for code in REGIONS})
    seconds = {first: "".join(sorted(code[1] for code in REGIONS if code[0] == first)) for first in firsts}
    return "|".join(f"{any_case(first)}[{seconds[first]}{seconds[first].lower()}]" for first in firsts)


REGION = _any_region()
"""An officially assigned region in any case (D12)."""
