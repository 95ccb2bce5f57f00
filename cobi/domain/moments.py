"""Moments are integer microseconds since 1970 in UTC inside, ISO 8601 text outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

SECOND = 1_000_000
MILLISECOND = 1000
MINUTE = 60 * SECOND
QUARTER_HOUR = 15 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
LAST_DAY = _LAST // DAY
"""The last one that can be written, counted from 1970."""
# D22: the magnitude of a positive integer tells its unit.
_SECONDS_BELOW = 10**11
_MILLISECONDS_BELOW = 10**14
_MICROSECONDS_BELOW = 10**17


def parse_moment(text: str) -> int | None:
    """Read an ISO 8601 date-time (without offset: UTC); None if it is none or outside the years 1 to 9999."""
    try:
        moment = datetime.fromisoformat(text)
        microseconds = (moment - (_NAIVE_EPOCH if moment.tzinfo is None else _EPOCH)) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
    # An offset can carry a moment out of the years that can be written again.
    return microseconds if _FIRST <= microseconds <= _LAST else None


def parse_epoch(number: int) -> int | None:
    """Read a positive integer in seconds, milliseconds or microseconds (D22); None outside those ranges."""
    if number <= 0:
        return None
    if number < _SECONDS_BELOW:
        return number * SECOND
    if number < _MILLISECONDS_BELOW:
        return number * 1000
    return number if number < _MICROSECONDS_BELOW else None


def format_moment(microseconds: int) -> str:
    """Write a moment as ISO 8601 in UTC, without a fraction where there is none."""
    return as_datetime(microseconds).isoformat().replace("+00:00", "Z")


def as_datetime(microseconds: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def from_datetime(moment: datetime) -> int:
    """The moment of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def format_day(day: int) -> str:
    """Write a day, counted from 1 January 1970, as ISO 8601."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def day_of(microseconds: int) -> date:
    """The UTC calendar day a moment falls on."""
    return as_datetime(microseconds).date()
