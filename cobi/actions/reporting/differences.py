"""How the rates of two samples differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cobi.analytics.intervals import rate_difference

_RATES = {"click_through_rate": "clicked_impressions", "code_reveal_rate": "revealed_impressions"}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """One − other of two totals of reports, with 95 % intervals; null where either has no impressions."""

    def difference(part: str) -> dict[str, float] | None:
        if not (one["impressions"] and other["impressions"]):
            return None
        low, high = rate_difference((one[part], one["impressions"]), (other[part], other["impressions"]))
        value = one[part] / one["impressions"] - other[part] / other["impressions"]
        return {"value": value, "low": low, "high": high}

    return {rate: difference(part) for rate, part in _RATES.items()}


def unknown() -> dict[str, None]:
    """What is said of samples that share some of their answers."""
    return dict.fromkeys(_RATES)
