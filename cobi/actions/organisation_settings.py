"""Showing and changing what an organisation has chosen for itself."""

from __future__ import annotations

from typing import Any

from cobi.actions import cursors
from cobi.domain.experiments.experiment import Kind
from cobi.domain.identifiers import format_id
from cobi.domain.moments import format_moment
from cobi.domain.organisation_settings import SETTINGS, effective, parse_settings
from cobi.store import organisation_settings as store
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.writer import Transaction


def show(connection: Connection) -> dict[str, Any]:
    """Every setting with its value, its default and its meaning; `changed` and `by` where it was chosen."""
    chosen, last = store.read(connection), store.last_changes(connection)
    values = effective({name: one.value for name, one in chosen.items()})
    return {
        "settings": [
            {
                "name": name,
                "value": values[name],
                "default": setting.default,
                "changed": format_moment(chosen[name].changed) if name in chosen else None,
                "by": last[name].by if name in chosen and name in last else None,
                "accepted": setting.kind.constraint(),
                "schema": setting.kind.schema(),
                "meaning": setting.meaning,
                "ranks": setting.ranks,
                "effect": setting.effect or None,
            }
            for name, setting in SETTINGS.items()
        ]
    }


def values(connection: Connection) -> dict[str, Any]:
    """What holds now, by name."""
    return effective({name: one.value for name, one in store.read(connection).items()})


def change(transaction: Transaction, document: Any, now: int, by: str) -> dict[str, Any]:
    """Choose the values a document names, all or none of them; answers as `show` does."""
    store.change(transaction.connection, parse_settings(document), now, by)
    return show(transaction.connection)


def foretell(connection: Connection, document: Any) -> dict[str, Any]:
    """What choosing these values would change, what that does to what is measured, and which arms it would reach.

    `experiment` is the running one with those of its arms that do not choose all of it themselves.
    """
    wanted, known = parse_settings(document), {one["name"]: one for one in show(connection)["settings"]}
    changed = [
        {"name": name, "before": known[name]["value"], "after": after}
        for name, value in wanted.items()
        if (after := known[name]["default"] if value is None else value) != known[name]["value"]
    ]
    names = [one["name"] for one in changed]
    effects = dict.fromkeys(known[name]["effect"] for name in names if known[name]["effect"])
    ranks = {name for name in names if known[name]["ranks"]}
    return {
        "changes": changed,
        "effects": list(effects),
        "experiment": _reached(connection, ranks) if ranks else None,
    }


def _reached(connection: Connection, names: set[str]) -> dict[str, Any] | None:
    """The running experiment and its arms that follow a change of these settings in its midst."""
    for one in plans.running(connection):
        arms = [arm.name for arm in one.plan.arms if not names <= arm.settings.keys()]
        if one.plan.kind is Kind.EXPERIMENT and arms:
            return {"experiment_id": format_id(one.experiment_id), "name": one.plan.name, "arms": arms}
    return None


def changes(connection: Connection, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of who changed what, the newest first; null stands for the default."""
    before = None if cursor is None else cursors.decode(cursor, cursors.Key)
    found = store.changes(connection, before, limit + 1)
    page = found[:limit]
    return {
        "changes": [
            {
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "changed": format_moment(one.changed),
                "by": one.by,
            }
            for one in page
        ],
        "next_cursor": cursors.encode(page[-1].key) if len(found) > limit else None,
    }
