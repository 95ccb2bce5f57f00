"""The models an organisation has: listed, compared, let go live and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from cobi.actions import organisation_settings
from cobi.actions.gate import bundle
from cobi.actions.learning import guardrail, model_registry
from cobi.actions.learning.model_registry import Order
from cobi.domain.moments import DAY
from cobi.metrics.families import MODEL_ROLLBACKS
from cobi.service.core import Core
from cobi.store.writer import Transaction

_log = structlog.get_logger("cobi.models")


class Models:
    """What was learned: looked at, let go live and taken back."""

    def __init__(self, core: Core) -> None:
        self._core = core

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
            wanted = organisation_settings.values(connection)["auto_rollback"]
            seen = guardrail.look(connection, now) if wanted else None
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
