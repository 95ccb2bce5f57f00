"""What an organisation can have done with its models."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from cobi.actions import organisation_settings
from cobi.actions.evaluating import evaluate
from cobi.actions.gate import bundle, comparison
from cobi.actions.gate import decide as gate
from cobi.actions.learning import guardrail, model_registry, train
from cobi.actions.learning.model_registry import Order
from cobi.actions.learning.train import Lessons
from cobi.domain.evaluation import Plan
from cobi.domain.model_state import ModelState, Verdict
from cobi.domain.moments import DAY
from cobi.metrics.families import MODEL_ROLLBACKS
from cobi.recommenders.model import Model
from cobi.recommenders.progress import Progress, silent, within
from cobi.recommenders.settings import Settings
from cobi.service.core import Core
from cobi.store import model_registry as register
from cobi.store.database import Connection
from cobi.store.models import Origin
from cobi.store.writer import Transaction

_log = structlog.get_logger("cobi.models")

FITTING = 0.4
"""The share of a training that is not spent on comparing; that learns twice more."""


WITHOUT_COMPARISON = "asked to go live without a comparison"


@dataclass(frozen=True)
class Learned:
    """A model that is not stored yet."""

    lessons: Lessons
    model: Model
    origin: Origin
    now: int


class Models:
    """Learned from what is stored, judged by what was held back, let go live and taken back."""

    def __init__(self, core: Core) -> None:
        self._core = core

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
        telling = within(progress, 0.0, 1.0 if promote else FITTING)
        learned = self.learn(until, seed, settings, by, telling, incremental=incremental)
        version = self._core.write(lambda transaction: self.store(transaction, learned))
        decision = None
        if promote:
            self.promote(version, by=by, reason=WITHOUT_COMPARISON)
        else:
            decision = self.judge(version, learned.lessons, within(progress, FITTING, 1.0))
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

    def list(self, limit: int = 100, cursor: str | None = None) -> dict[str, Any]:
        """A page of models, the newest first."""
        with self._core.reading() as connection:
            return model_registry.page(connection, limit, cursor)

    def read(self, version: int) -> dict[str, Any]:
        """All that is known of one model; raises NotFound."""
        with self._core.reading() as connection:
            return model_registry.describe(connection, version)

    def compare(self, a: int, b: int) -> dict[str, Any]:
        """Two models side by side; raises NotFound."""
        with self._core.reading() as connection:
            return model_registry.compare(connection, a, b)

    def verify(self, version: int) -> list[bundle.Check]:
        """Come to the decision about a version again from its bundle; raises NotFound or Conflict."""
        with self._core.reading() as connection:
            return bundle.verify(connection, version)

    def promote(self, version: int, *, by: str, reason: str) -> dict[str, Any]:
        """Let a version go live; raises NotFound or Conflict."""
        return self.promote_if(lambda _: None, version, by=by, reason=reason)

    def promote_if(
        self, first: Callable[[Transaction], None], version: int, *, by: str, reason: str
    ) -> dict[str, Any]:
        """The same after `first`, in one transaction, which does not take place where that raises."""
        order = Order(by, reason, self._core.clock())

        def go(transaction: Transaction) -> dict[str, Any]:
            first(transaction)
            return model_registry.promote(transaction, version, order)

        return self._core.write(go)

    def roll_back(self, *, by: str, reason: str) -> dict[str, Any]:
        """Let the model before the live one go live again; raises Conflict."""
        order = Order(by, reason, self._core.clock())
        return self._core.write(lambda transaction: model_registry.roll_back(transaction, order))

    def watch(self) -> guardrail.Look | None:
        """Look at how the live model does, and take it back where it clearly does worse than the one before.

        What was seen; None where there is nothing to see, or the settings do not want it.
        """
        core, now = self._core, self._core.clock()
        with core.reading() as connection:
            seen = guardrail.look(connection, now) if _chosen(connection, "auto_rollback") else None
        if seen is None or not seen.finding.worse:
            return seen
        if core.write(lambda transaction: guardrail.take_back(transaction, seen, now)):
            core.meter.count(MODEL_ROLLBACKS)
            _log.warning("model rolled back", version=seen.version, live=seen.before, why=seen.words)
        return seen

    def prune(self) -> None:
        """Let go of the arrays of models that can neither be promoted nor told of any more, by the settings."""
        now = self._core.clock()
        with self._core.reading() as connection:
            days = organisation_settings.values(connection)["model_retention_days"]
            old = model_registry.prunable(connection, now - days * DAY) if days else []
        for version in old:
            self._core.write(lambda t, version=version: model_registry.prune(t, version, now))

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
        promoted = outcome.judgement.verdict is Verdict.PROMOTE and _chosen(connection, "auto_promote")
        # Somebody may have let another one go live while the two were compared: it was not compared with that one.
        live = register.live(connection)
        if promoted and live is not None and live.version == decision.against:
            reason = f"the gate said promote: {outcome.judgement.reasons[0]}"
            model_registry.promote(transaction, decision.version, Order("gate", reason, now))


def _chosen(connection: Connection, name: str) -> bool:
    return bool(organisation_settings.values(connection)[name])


def _peak_memory() -> int:
    """The most memory this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
