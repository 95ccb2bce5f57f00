"""What an organisation can have done with its experiments."""

from __future__ import annotations

import os
from typing import Any

from cobi.actions.experiments import days, declare, gather
from cobi.domain.experiments.experiment import State
from cobi.domain.identifiers import content_id
from cobi.service.core import Core


class Experiments:
    """Declared, started, read and stopped."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def create(self, document: Any, salt: bytes | None = None) -> dict[str, Any]:
        """Declare an experiment; with the same salt students fall into the same arms, whenever that is."""
        now = self._core.clock()
        identifier = content_id(now, salt or os.urandom(16))
        return self._core.write(lambda transaction: declare.create(transaction, identifier, document, now))

    def start(self, experiment_id: bytes) -> dict[str, Any]:
        """Let it run from now on."""
        return self._run(experiment_id, State.RUNNING)

    def stop(self, experiment_id: bytes) -> dict[str, Any]:
        """Let it end for good."""
        return self._run(experiment_id, State.STOPPED)

    def list(self) -> dict[str, Any]:
        """All experiments, with what they came to in short."""
        with self._core.reading() as connection:
            return declare.list_all(connection)

    def read(self, experiment_id: bytes, *, anew: bool = True) -> dict[str, Any]:
        """One experiment with its figures, counted at most a few minutes ago; else at most an hour."""
        if anew:
            self.gather()
        with self._core.reading() as connection:
            return declare.show(connection, experiment_id)

    def days(self, experiment_id: bytes, metric: str | None = None, *, anew: bool = True) -> dict[str, Any]:
        """One metric as of the end of each day, as `read` counts; without a metric, the main one."""
        if anew:
            self.gather()
        with self._core.reading() as connection:
            return days.days_of(connection, experiment_id, metric)

    def named(self, name: str) -> bytes:
        """The id of the experiment of that name; raises NotFound."""
        with self._core.reading() as connection:
            return declare.by_name(connection, name).experiment_id

    def gather(self) -> None:
        """Count what has changed, where it has not been counted for a while."""
        now = self._core.clock()
        with self._core.reading() as connection:
            due = gather.is_due(connection, now)
        if due:
            gather.gather(self._core.write, now)

    def _run(self, experiment_id: bytes, state: State) -> dict[str, Any]:
        now = self._core.clock()
        return self._core.write(lambda transaction: declare.run(transaction, experiment_id, state, now))
