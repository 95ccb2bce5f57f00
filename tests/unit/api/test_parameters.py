"""Parameters that cannot be read are refused with what to do."""

from __future__ import annotations

import pytest

from cobi.api import parameters
from cobi.domain.errors import InvalidRequest


def test_an_offset_whose_plus_became_a_blank_is_refused_with_how_to_write_it() -> None:
    assert parameters.moment({"from": "2026-06-01T00:00+03:00"}, "from") is not None
    with pytest.raises(InvalidRequest) as refusal:
        parameters.moment({"from": "2026-06-01T00:00 03:00"}, "from")
    assert refusal.value.hint == "write the + of an offset as %2B"
