"""Showing and changing what an organisation has chosen for itself."""

from __future__ import annotations

from typing import Any

from cobi.domain.moments import format_moment
from cobi.domain.organisation_settings import SETTINGS, effective, parse_settings
from cobi.store import organisation_settings as store
from cobi.store.database import Connection
from cobi.store.writer import Transaction


def show(connection: Connection) -> dict[str, Any]:
    """Every setting with its value, its default and its meaning; `changed` where it was chosen."""
    chosen = store.read(connection)
    values = effective({name: one.value for name, one in chosen.items()})
    return {
        "settings": [
            {
                "name": name,
                "value": values[name],
                "default": setting.default,
                "changed": format_moment(chosen[name].changed) if name in chosen else None,
                "accepted": setting.kind.constraint(),
                "meaning": setting.meaning,
            }
            for name, setting in SETTINGS.items()
        ]
    }


def values(connection: Connection) -> dict[str, Any]:
    """What holds now, by name."""
    return effective({name: one.value for name, one in store.read(connection).items()})


def change(transaction: Transaction, document: Any, now: int) -> dict[str, Any]:
    """Choose the values a document names, all or none of them; answers as `show` does."""
    store.change(transaction.connection, parse_settings(document), now)
    return show(transaction.connection)
