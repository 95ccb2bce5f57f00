"""What people ask about models, and the two things they do with them: letting one go live, and going back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cobi.actions import cursors
from cobi.actions.reporting.figures import Figures
from cobi.actions.reporting.report import figures_by_version
from cobi.domain.errors import Conflict
from cobi.domain.json_values import is_object
from cobi.domain.model_state import ModelState
from cobi.domain.moments import format_moment
from cobi.recommenders.model import FORMAT
from cobi.store import model_registry as registry
from cobi.store import models
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.model_registry import Decision, Entry, Event, Ruling
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Order:
    """Who wants something done with a model, why, and when that is."""

    by: str
    reason: str
    now: int


def page(connection: Connection, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of models, the newest first, and the live one; `live` is None before there is one."""
    before: int | None = cursors.decode(cursor, cursors.Key) if cursor else None
    entries = registry.page(connection, limit, before)
    live = registry.live(connection)
    told = [*entries, *([] if live is None else [live])]
    rulings = registry.rulings(connection, [entry.version for entry in told])
    served = figures_by_version(connection)
    return {
        "models": [_summary(entry, rulings.get(entry.version), served) for entry in entries],
        "live": None if live is None else _summary(live, rulings.get(live.version), served),
        "next_cursor": cursors.encode(entries[-1].version) if len(entries) == limit else None,
    }


def describe(connection: Connection, version: int) -> dict[str, Any]:
    """All that is known of one model; raises NotFound."""
    entry = found(connection, version)
    decisions = registry.decisions(connection, version)
    newest = decisions[-1] if decisions else None
    ruling = None if newest is None else Ruling(newest.verdict, newest.summary["reasons"])
    return {
        **_summary(entry, ruling, figures_by_version(connection)),
        "card": entry.card,
        "recipe": entry.recipe,
        "history": [_event(event) for event in registry.events(connection, version)],
        "decisions": [_decision(decision) for decision in decisions],
    }


def compare(connection: Connection, a: int, b: int) -> dict[str, Any]:
    """Two models side by side, what they differ in, and what was decided between them; raises NotFound."""
    one, other = found(connection, a), found(connection, b)
    served = figures_by_version(connection)
    decisions = [
        decision
        for version in sorted({a, b})
        for decision in registry.decisions(connection, version)
        if {decision.version, decision.against} == {a, b}
    ]
    return {
        "a": _side(connection, one, served),
        "b": _side(connection, other, served),
        "differences": _differences(one.card, other.card),
        "decisions": [_decision(decision) for decision in decisions],
    }


def promote(transaction: Transaction, version: int, order: Order) -> dict[str, Any]:
    """Let a version go live; one that is live stays so. Raises NotFound, or Conflict where it cannot answer."""
    connection = transaction.connection
    entry = found(connection, version)
    if entry.state is not ModelState.LIVE:
        refuse_unusable(entry)
        before = models.live_version(connection)
        models.go_live(connection, version, order.now)
        registry.note(connection, version, Event(order.now, "promoted", order.by, order.reason))
        if before is not None:
            said = f"version {version} took its place"
            registry.note(connection, before, Event(order.now, "retired", order.by, said))
    return describe(connection, version)


def roll_back(transaction: Transaction, order: Order) -> dict[str, Any]:
    """Take the live model back and let the one before it go live again; raises Conflict where there is none."""
    connection = transaction.connection
    current, before = registry.live(connection), registry.last_retired(connection)
    if current is None or before is None:
        raise Conflict(
            "there is no earlier model to go back to", code="no_earlier_model", hint="promote another version"
        )
    refuse_unusable(before)
    models.go_live(connection, before.version, order.now, ModelState.ROLLED_BACK)
    said = f"version {current.version} was rolled back: {order.reason}"
    registry.note(connection, current.version, Event(order.now, "rolled_back", order.by, order.reason))
    registry.note(connection, before.version, Event(order.now, "promoted", order.by, said))
    return {"live": before.version, "rolled_back": current.version, "reason": order.reason}


def prunable(connection: Connection, before: int) -> list[int]:
    """Versions whose arrays nobody needs, last used before a moment.

    Needed are the live one's, those of the one to go back to, and those that an experiment answers with.
    """
    back = registry.last_retired(connection)
    return registry.prunable(connection, before, _answering(connection) | ({back.version} if back else set()))


def _answering(connection: Connection) -> set[int]:
    """The versions that arms of running experiments name."""
    arms = (arm for experiment in plans.running(connection) for arm in experiment.plan.arms)
    return {arm.model_version for arm in arms if arm.model_version is not None}


def prune(transaction: Transaction, version: int, now: int) -> None:
    """Let go of a version's arrays, unless it is needed again meanwhile."""
    connection = transaction.connection
    if found(connection, version).state is not ModelState.LIVE and version not in _answering(connection):
        registry.prune(connection, version, now)
        said = "its arrays were let go of: it was last used too long ago (model_retention_days)"
        registry.note(connection, version, Event(now, "pruned", "retention", said))


def refuse_unusable(entry: Entry) -> None:
    """Raise Conflict for a version that cannot answer."""
    why = None
    if entry.state is ModelState.FAILED:
        why = "its training failed"
    elif entry.pruned is not None:
        why = "its arrays were let go of"
    elif entry.card.get("format") != FORMAT:
        why = "another version of Cobi wrote it"
    if why is not None:
        message = f"version {entry.version} cannot go live: {why}"
        raise Conflict(message, code="model_unusable", hint="train a new one")


def found(connection: Connection, version: int) -> Entry:
    """One model; raises NotFound."""
    entry = registry.find(connection, version)
    if entry is None:
        raise models.unknown(version)
    return entry


def _summary(entry: Entry, ruling: Ruling | None, served: Mapping[int, Figures]) -> dict[str, Any]:
    window, figures = entry.card.get("data_window"), served.get(entry.version)
    return {
        "version": entry.version,
        "state": entry.state.value,
        "trained": format_moment(entry.trained),
        "trained_by": entry.trained_by,
        "parent": entry.parent,
        "seed": entry.card.get("seed"),
        "data_window": None if window is None else {"from": format_moment(window[0]), "to": format_moment(window[1])},
        "events": entry.card.get("events"),
        "figures": entry.card.get("figures", {}),
        "seconds": entry.seconds,
        "peak_memory": entry.peak_memory,
        "went_live": _moment(entry.went_live),
        "left_live": _moment(entry.left_live),
        "due": _moment(entry.due),
        "pruned": _moment(entry.pruned),
        "verdict": None if ruling is None else ruling.verdict.value,
        "reasons": [] if ruling is None else ruling.reasons,
        "served": None if figures is None else figures.as_json(),
    }  # fmt: skip


def _side(connection: Connection, entry: Entry, served: Mapping[int, Figures]) -> dict[str, Any]:
    return _summary(entry, registry.rulings(connection, [entry.version]).get(entry.version), served)


def _differences(one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings and figures of the cards that are not equal, by the path to each."""
    ours, theirs = _leaves(one), _leaves(other)
    return [
        {"path": path, "a": ours.get(path), "b": theirs.get(path)}
        for path in sorted(ours.keys() | theirs.keys())
        if ours.get(path) != theirs.get(path)
    ]


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    if is_object(value):
        return {
            leaf: found
            for name, member in value.items()
            for leaf, found in _leaves(member, f"{path}.{name}" if path else name).items()
        }
    return {path: value}


def _event(event: Event) -> dict[str, Any]:
    return {**asdict(event), "moment": format_moment(event.moment)}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "version": decision.version,
        "against": decision.against,
        "decided": format_moment(decision.decided),
        "verdict": decision.verdict.value,
        "digest": decision.digest,
        # What decisions of an earlier rule say nothing of.
        **dict.fromkeys(("lead", "asked", "comparison")),
        **decision.summary,
    }


def _moment(moment: int | None) -> str | None:
    return None if moment is None else format_moment(moment)
