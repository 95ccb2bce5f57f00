"""The metrics that tell what is stored, read when somebody asks for them."""

from __future__ import annotations

from cobi.domain.moments import SECOND
from cobi.metrics.families import LIVE_MODEL, LIVE_MODEL_TRAINED, QUARANTINE
from cobi.metrics.metrics import Samples
from cobi.store import gauges
from cobi.store.database import Connection


def measure(connection: Connection, organisation: str) -> Samples:
    """An organisation's gauges."""
    refused = gauges.quarantined(connection)
    samples: Samples = {QUARANTINE: {(organisation, name): (float(n),) for name, n in refused.items()}}
    model = gauges.live_model(connection)
    if model is not None:
        version, trained = model
        samples[LIVE_MODEL] = {(organisation,): (float(version),)}
        samples[LIVE_MODEL_TRAINED] = {(organisation,): (trained / SECOND,)}
    return samples
