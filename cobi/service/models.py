"""What an organisation can have done with its models."""

from __future__ import annotations

from typing import Any

from cobi.actions import evaluate, train
from cobi.domain.evaluation import Plan
from cobi.recommenders.progress import Progress, silent
from cobi.recommenders.settings import Settings
from cobi.service.core import Core


class Models:
    """Learned from what is stored, and judged by what was held back."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def train(
        self,
        *,
        until: int | None = None,
        seed: int = 0,
        settings: Settings | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Learn a model from what is stored (before a moment, where one is given) and let it go live."""
        with self._core.reading() as connection:
            now = self._core.clock()
            lessons = train.gather(connection, until or now, until)
        model = train.learn(lessons, until or now, settings or Settings(), seed, progress)
        version = self._core.write(lambda transaction: train.publish(transaction, model, now))
        return {"model_version": version, **model.card}

    def evaluate(
        self, plan: Plan, *, settings: Settings | None = None, progress: Progress = silent
    ) -> dict[str, Any]:
        """How well what students did is foretold from what they did before; stores nothing."""
        core = self._core
        with core.reading() as connection:
            material = evaluate.read_material(connection, plan.item_type, core.clock())
        return evaluate.evaluate(material, plan, core.zone, settings or Settings(), progress)
