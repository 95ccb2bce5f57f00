"""An organisation's own limits: looked up now and then, and at once where they were changed."""

from __future__ import annotations

from cobi.service.own_limits import Chosen, OwnLimits
from cobi.service.service import Service


def test_a_change_elsewhere_is_known_two_seconds_later_and_only_one_caller_looks(service: Service) -> None:
    now = [100.0]
    limits = OwnLimits(service._core, lambda: now[0])
    assert limits.remembered() is None
    assert limits.look() == Chosen(0, 0)
    service.settings.change({"recommendations_per_minute": 7})
    now[0] += 1.9
    assert limits.remembered() == Chosen(0, 0)
    now[0] += 0.2
    assert [limits.remembered(), limits.remembered()] == [None, Chosen(0, 0)]
    assert limits.look() == Chosen(7, 0)
    assert limits.remembered() == Chosen(7, 0)


def test_a_change_here_is_known_at_once(service: Service) -> None:
    service.settings.limits.look()
    service.settings.change({"data_requests_per_minute": 3})
    assert service.settings.limits.remembered() is None
