"""Hostile bodies by the thousand: each is answered, none with 5xx, and what was promised is stored."""

from __future__ import annotations

from cobi.server.background import Background
from tests.acceptance.installation import Installation
from tests.soak.bodies import attack
from tests.soak.hostile_bodies import body


def test_two_thousand_hostile_bodies_do_no_harm(server: Background, installation: Installation) -> None:
    outcome = attack(installation, server, 1000, seed=7)
    assert not outcome.faults, str(outcome)
    assert {200, 201, 207, 400, 413, 415} == outcome.account.statuses.keys()


def test_a_body_can_be_sent_again_alone() -> None:
    assert body(7, 300) == body(7, 300) != body(8, 300)
