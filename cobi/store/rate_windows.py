"""How many requests each key has taken of its current minute: one counter for all processes (D3)."""

from __future__ import annotations

from sqlalchemy import Engine, text

# Where clocks differ, the one that is ahead decides which minute it is, so that no minute is counted twice.
_TAKE = text("""
    INSERT INTO rate_windows (api_key_key, kind, minute, used) VALUES (:key, :kind, :minute, :number)
    ON CONFLICT (api_key_key, kind) DO UPDATE SET
        used = CASE WHEN rate_windows.minute >= excluded.minute THEN rate_windows.used ELSE 0 END + excluded.used,
        minute = CASE WHEN rate_windows.minute >= excluded.minute THEN rate_windows.minute ELSE excluded.minute END
    RETURNING minute, used
""")


class RateWindows:
    """The shared counters; a power cut may take what was counted last."""

    def __init__(self, counters: Engine) -> None:
        self._engine = counters.execution_options(writing=True)

    def take(self, key: int, kind: str, minute: int, number: int) -> tuple[int, int]:
        """Take a number of requests at once: the minute they count in, and how many are taken of it with these."""
        values = {"key": key, "kind": kind, "minute": minute, "number": number}
        with self._engine.begin() as connection:
            counted_in, used = connection.execute(_TAKE, values).one()
        return counted_in, used
