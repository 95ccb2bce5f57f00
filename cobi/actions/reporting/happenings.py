"""What changed who is recommended what: models that went live or back, experiments that began or ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cobi.domain.experiments.experiment import Experiment
from cobi.domain.moments import format_moment
from cobi.store import model_registry
from cobi.store.database import Connection
from cobi.store.experiments import plans

LAUNCHES = ("model_promoted", "model_rolled_back", "experiment_started", "experiment_stopped")
"""What changes what students are shown from that moment on."""


@dataclass(frozen=True)
class Happening:
    """`what` is a code such as model_promoted or experiment_started, `name` of whom."""

    moment: int
    what: str
    name: str
    by: str | None = None
    why: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """As pages and clients are told."""
        return {
            "when": format_moment(self.moment),
            "what": self.what,
            "name": self.name,
            "by": self.by,
            "why": self.why,
        }


def happened(connection: Connection, since: int) -> list[Happening]:
    """All since a moment: of the models, the newest first, then of the experiments."""
    found = [
        Happening(event.moment, f"model_{event.event}", str(version), event.by, event.reason)
        for version, event in model_registry.events_since(connection, since)
    ]
    for experiment in plans.everything(connection):
        found += [turn for turn in _turns(experiment) if turn.moment >= since]
    return found


def _turns(experiment: Experiment) -> Iterable[Happening]:
    for moment, what in ((experiment.started, "started"), (experiment.stopped, "stopped")):
        if moment is not None:
            yield Happening(moment, f"experiment_{what}", experiment.plan.name)
