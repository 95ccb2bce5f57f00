"""How many requests each key has taken of its current minute: one counter for all processes (D3)."""

from __future__ import annotations

from sqlalchemy import Engine, text

from cobi.store.failures import translating

# Where clocks differ a little, the one that is ahead decides which minute it is, so that no minute is counted
# twice. A minute further ahead was somebody's mistake: keys must not be turned away until it comes.
_TAKE = text("""
    INSERT INTO rate_windows (api_key_key, kind, minute, used) VALUES (:key, :kind, :minute, :number)
    ON CONFLICT (api_key_key, kind) DO UPDATE SET
        used = excluded.used + CASE
            WHEN rate_windows.minute IN (excluded.minute, excluded.minute + 1) THEN rate_windows.used ELSE 0 END,
        minute = CASE
            WHEN rate_windows.minute = excluded.minute + 1 THEN rate_windows.minute ELSE excluded.minute END
    RETURNING minute, used
""")


class RateWindows:
    """The shared counters; a power cut may take what was counted last."""

    def __init__(self, counters: Engine) -> None:
        self._engine = counters.execution_options(writing=True)

    def take(self, key: int, kind: str, minute: int, number: int) -> tuple[int, int]:
        """Take a number of requests at once: the minute they count in, and how many are taken of it with these."""
        values = {"key": key, "kind": kind, "minute": minute, "number": number}
        with translating(), self._engine.begin() as connection:
            counted_in, used = connection.execute(_TAKE, values).one()
        return counted_in, used
