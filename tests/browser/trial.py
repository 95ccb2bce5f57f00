"""An organisation with an experiment of three weeks that found something, a holdout and a draft."""

from __future__ import annotations

from pathlib import Path

from cobi.config.settings import Settings
from cobi.domain.moments import DAY
from cobi.service.registry import SCOPES, Registry
from tests.browser.campus import NOW, Campus
from tests.trials import Story, live

DAYS = 21
WARMER = {
    "name": "warmer",
    "planned_student_days": 8000,
    "guardrails": [{"metric": "savings", "tolerated": 0.05}, {"metric": "retention", "tolerated": 0.5}],
    "arms": [{"name": "as it is"}, {"name": "warm", "settings": {"exploration_temperature": 0.5}}],
}
DRAFT = {"name": "more shops", "arms": [{"name": "live"}, {"name": "few", "settings": {"most_per_shop": 1}}]}


def make_trial(data: Path) -> Campus:
    """Live through it."""
    clock = [NOW - (DAYS - 1) * DAY - DAY // 3]
    registry = Registry(Settings(data=data), lambda: clock[0])
    key = registry.create_key("campus", frozenset(SCOPES), label="growth")
    service = registry.named("campus")
    service.experiments.create({**WARMER, "start": True})
    service.experiments.create({"kind": "HOLDOUT", "share": 0.05, "start": True})
    service.experiments.create(DRAFT)
    began = clock[0]
    service._core.database.write(
        lambda transaction: live(transaction.connection, 1, began, Story((1.0, 1.5), per_day=25, days=DAYS))
    )
    clock[0] = NOW
    service.experiments.gather()
    registry.close()
    return Campus(data, key)
