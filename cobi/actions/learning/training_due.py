"""Whether a training is due that nobody asks for."""

from __future__ import annotations

from cobi.actions.organisation_settings import values
from cobi.domain.moments import HOUR
from cobi.domain.organisation_settings import LEAST_PAUSE_HOURS
from cobi.store import interactions, model_registry
from cobi.store.database import Connection
from cobi.store.jobs import TRAININGS


def why_due(connection: Connection, now: int) -> str | None:
    """Why a training is due by the organisation's settings; None where it is not."""
    chosen = values(connection)
    hours, wanted = chosen["training_every_hours"], chosen["training_after_interactions"]
    # A setting of before there was a least may be smaller.
    every = int(max(hours, LEAST_PAUSE_HOURS) * HOUR) if hours else 0
    trained, newest = model_registry.last_trained(connection), TRAININGS.latest(connection, 1)
    # One that failed is not tried again at once.
    since = max(trained[1] if trained else 0, newest[0].requested if newest else 0)
    if every and now - since >= every:
        return f"the last training was {(now - since) / HOUR:.3g} hours ago" if since else "the first one"
    if wanted and interactions.count_since(connection, since, wanted) >= wanted:
        return f"{wanted:,} interactions happened since the last training"
    return None
