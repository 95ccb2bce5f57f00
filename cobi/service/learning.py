"""What an organisation learns from what is stored, and how well that foretells: what only trainings and evaluations do.

It is a module of its own because what learns is large: a process that only answers never loads it.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from cobi.actions import organisation_settings
from cobi.actions.evaluating import evaluate
from cobi.actions.gate import comparison
from cobi.actions.gate import decide as gate
from cobi.actions.learning import model_registry, train
from cobi.actions.learning.model_registry import Order
from cobi.actions.learning.train import Lessons
from cobi.domain.evaluation import Plan
from cobi.domain.model_state import ModelState, Verdict
from cobi.recommenders.model import Model
from cobi.recommenders.progress import Progress, silent, within
from cobi.recommenders.settings import Settings
from cobi.service.core import Core
from cobi.service.models import Models
from cobi.store import model_registry as register
from cobi.store.models import Origin
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Learned:
    """A model that is not stored yet."""

    lessons: Lessons
    model: Model
    origin: Origin
    now: int


class Learning:
    """Models learned from what is stored, judged by what was held back."""

    FITTING: ClassVar[float] = 0.4
    """The share of a training that is not spent on comparing; that learns twice more."""

    def __init__(self, core: Core, models: Models) -> None:
        self._core, self._models = core, models

    def train(
        self,
        *,
        until: int | None = None,
        seed: int = 0,
        settings: Settings | None = None,
        promote: bool = False,
        incremental: bool = False,
        by: str = "library",
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Learn a candidate from what is stored (before a moment, where one is given), and compare it.

        With `incremental` it is tuned as the live model is, which spares most of the time; settings and seed are that
        one's then.
        It goes live where it is the first model, where the gate says promote and the settings allow it, or at
        once and without a comparison with `promote`.
        """
        telling = within(progress, 0.0, 1.0 if promote else self.FITTING)
        learned = self.learn(until, seed, settings, by, telling, incremental=incremental)
        version = self._core.write(lambda transaction: self.store(transaction, learned))
        decision = None
        if promote:
            self.go_live(lambda _: None, version, by)
        else:
            decision = self.judge(version, learned.lessons, within(progress, self.FITTING, 1.0))
        progress(1.0, "done")
        return self.card(version, learned, decision)

    def card(self, version: int, learned: Learned, decision: dict[str, Any] | None) -> dict[str, Any]:
        """A model that was just stored, as a person is told of it."""
        with self._core.reading() as connection:
            state = model_registry.found(connection, version).state
        card = {"model_version": version, "state": state.value, **learned.model.card}
        return card if decision is None else {**card, "decision": decision}

    def learn(
        self,
        until: int | None,
        seed: int,
        settings: Settings | None,
        by: str,
        progress: Progress,
        *,
        incremental: bool = False,
    ) -> Learned:
        """Read what is stored and fit a model; stores nothing."""
        began = time.perf_counter()
        with self._core.reading() as connection:
            now = self._core.clock()
            before = train.live_model(connection) if incremental else None
            lessons = train.gather(connection, until or now, until)
        asked = (settings or Settings()) if before is None else before.settings
        model = train.learn(lessons, until or now, asked, seed, progress, before)
        origin = Origin(
            trained_by=by,
            recipe=asked.as_json(),
            seconds=time.perf_counter() - began,
            peak_memory=_peak_memory(),
        )
        return Learned(lessons, model, origin, now)

    def store(self, transaction: Transaction, learned: Learned) -> int:
        """Store what was learned; the first model goes live."""
        return train.store(transaction, learned.model, learned.now, learned.origin)

    def go_live(self, first: Callable[[Transaction], None], version: int, by: str) -> None:
        """Let a candidate go live without a comparison, after `first` in the same transaction."""
        self._models.promote_if(first, version, by=by, reason="asked to go live without a comparison")

    def judge(
        self,
        version: int,
        lessons: Lessons,
        progress: Progress = silent,
        first: Callable[[Transaction], None] = lambda _: None,
    ) -> dict[str, Any] | None:
        """Have the gate decide about a candidate, and let it go live where that is allowed.

        None where there is nothing to compare: the version is live, or cannot answer. `first` is done in the
        transaction that keeps the decision, which does not take place if it raises.
        """
        core = self._core
        with core.reading() as connection:
            candidate, live = model_registry.found(connection, version), register.live(connection)
            if candidate.state is not ModelState.CANDIDATE or live is None:
                return None
            material = comparison.read_material(connection, lessons, candidate, live)
        now, seed = core.clock(), int(candidate.card.get("seed", 0))
        outcome = gate.decide(material, core.zone, seed, now, progress)

        def conclude(transaction: Transaction) -> None:
            first(transaction)
            self._conclude(transaction, outcome, now)

        core.write(conclude)
        return {"verdict": outcome.judgement.verdict.value, **outcome.decision.summary}

    def evaluate(
        self, plan: Plan, *, settings: Settings | None = None, progress: Progress = silent
    ) -> dict[str, Any]:
        """How well what students did is foretold from what they did before; stores nothing."""
        core = self._core
        with core.reading() as connection:
            material = evaluate.read_material(connection, plan.item_type, core.clock())
        return evaluate.evaluate(material, plan, core.zone, settings or Settings(), progress)

    def _conclude(self, transaction: Transaction, outcome: gate.Outcome, now: int) -> None:
        gate.keep(transaction, outcome)
        decision, connection = outcome.decision, transaction.connection
        wanted = bool(organisation_settings.values(connection)["auto_promote"])
        promoted = wanted and outcome.judgement.verdict is Verdict.PROMOTE
        # Somebody may have let another one go live while the two were compared: it was not compared with that one.
        live = register.live(connection)
        if promoted and live is not None and live.version == decision.against:
            reason = f"the gate said promote: {outcome.judgement.reasons[0]}"
            model_registry.promote(transaction, decision.version, Order("gate", reason, now))


def _peak_memory() -> int:
    """The most memory this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
