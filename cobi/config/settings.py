"""Every setting with its default and meaning; `config.example.toml` is generated from this declaration.

A setting is taken from the environment (`COBI_DATA`, `COBI_PORT`, …), else from `config.toml` in the data
directory, else from its default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cobi.domain.errors import Misconfigured
from cobi.domain.moments import parse_moment

FILE_NAME = "config.toml"
LOG_LEVELS = ("debug", "info", "warning", "error")
_PREFIX = "COBI_"


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """The settings of one installation."""

    data: Path = _setting(  # noqa: RUF009 (a Path never changes)
        Path("cobi-data"), "Directory of the SQLite databases and of this file."
    )
    database_url: str = _setting(
        "",
        "A postgresql:// address, where several nodes share the data; empty = SQLite in the data directory.",
    )
    host: str = _setting("127.0.0.1", "Address the server listens on.")
    port: int = _setting(8080, "Port the server listens on.")
    workers: int = _setting(1, "Server processes.")
    timezone: str = _setting("UTC", "Time zone of new organisations; offers' days are counted in it.")
    max_body_bytes: int = _setting(16 * 1024 * 1024, "Largest request body; more is answered with 413.")
    future_tolerance_hours: float = _setting(
        24.0, "How far ahead of the server's clock an interaction may lie."
    )
    attribution_window_days: float = _setting(7.0, "How long after an answer an interaction may come of it.")
    recommendations_per_minute: int = _setting(
        1000, "Rate limit of each key for recommendations; 0 = unlimited."
    )
    data_requests_per_minute: int = _setting(
        0, "Rate limit of each key for all other requests; 0 = unlimited."
    )
    quarantine_days: float = _setting(
        90.0, "How long refused records are kept; what is older goes and is counted; 0 = for ever."
    )
    quarantine_records: int = _setting(
        1_000_000, "Most refused records; the oldest beyond go and are counted; 0 = unlimited."
    )
    training_memory_mb: int = _setting(
        0, "Most memory a process of the server that trains or evaluates may take, in MiB; 0 = unlimited."
    )
    now: str = _setting(
        "", "For replays of past data: the moment the clock stands at; empty = the system's clock."
    )
    write_patience_seconds: float = _setting(
        30.0, "How long a write may wait for the database before it is answered with 503."
    )
    log_level: str = _setting(
        "info",
        "Least important lines to log: debug, info (a line for each request), warning or error (of requests, "
        "those answered with 5xx).",
    )
    operator_key: str = _setting(
        "", "A key for /metrics of all organisations; empty = each admin key sees its own organisation only."
    )
    tracing_endpoint: str = _setting(
        "", "OTLP/HTTP address for OpenTelemetry spans, needs cobi[tracing]; empty = no tracing."
    )

    def __post_init__(self) -> None:
        if self.now and parse_moment(self.now) is None:
            message = f"now {self.now!r} is not an ISO 8601 date-time"
            raise Misconfigured(message, hint="such as 2017-08-08T12:00:00Z")
        for name in ("workers", "port", "max_body_bytes", "attribution_window_days"):
            if getattr(self, name) <= 0:
                raise Misconfigured(f"{name} must be greater than 0, it is {getattr(self, name)}")
        if self.write_patience_seconds <= 0:
            raise Misconfigured("write_patience_seconds must be greater than 0")
        if self.log_level not in LOG_LEVELS:
            raise Misconfigured(
                f"log_level {self.log_level!r} is not known", hint=f"use one of {', '.join(LOG_LEVELS)}"
            )
        for name in (
            "quarantine_days",
            "quarantine_records",
            "training_memory_mb",
        ):
            if getattr(self, name) < 0:
                raise Misconfigured(f"{name} must not be less than 0, it is {getattr(self, name)}")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise Misconfigured(
                f"timezone {self.timezone!r} is not known", hint="use a name such as Asia/Bahrain"
            ) from None


def load(data: Path | None = None, environment: Mapping[str, str] | None = None, **chosen: Any) -> Settings:
    """Settings from what the caller chose, then the environment, then the file, then the defaults."""
    environment = os.environ if environment is None else environment
    directory = data or Path(environment.get(f"{_PREFIX}DATA") or Settings.data)
    values = _from_file(directory / FILE_NAME)
    for setting in fields(Settings):
        text = environment.get(_PREFIX + setting.name.upper())
        if text is not None:
            values[setting.name] = _convert(setting.name, text, f"{_PREFIX}{setting.name.upper()}")
    values |= {name: value for name, value in chosen.items() if value is not None}
    values["data"] = directory
    return Settings(**values)


def example() -> str:
    """The commented `config.example.toml`."""
    blocks = [
        f"# {setting.metadata['meaning']}\n# {setting.name} = {_toml(setting.default)}\n"
        for setting in fields(Settings)
    ]
    head = (
        "# Cobi's settings. Save as config.toml in the data directory; each is also read from COBI_<NAME>.\n"
    )
    return "\n".join([head, *(block for block in blocks if not block.split("\n")[1].startswith("# data "))])


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is not TOML: {error}") from error
    known = {setting.name for setting in fields(Settings)} - {"data"}
    unknown = sorted(values.keys() - known)
    if unknown:
        raise Misconfigured(
            f"{path} has no setting {unknown[0]!r}", hint=f"settings are {', '.join(sorted(known))}"
        )
    return {name: _convert(name, value, str(path)) for name, value in values.items()}


def _convert(name: str, value: Any, origin: str) -> Any:
    default: Any = getattr(Settings, name)
    if not isinstance(default, int | float):
        return Path(value) if name == "data" else str(value)
    if isinstance(default, bool):
        return _boolean(name, value, origin)
    try:
        return type(default)(value)
    except ValueError:
        raise Misconfigured(f"{origin}: {name} must be a number, it is {value!r}") from None


def _boolean(name: str, value: Any, origin: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    found = known.get(str(value).strip().lower())
    if found is None:
        raise Misconfigured(f"{origin}: {name} must be true or false, it is {value!r}")
    return found


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Path) else str(value)
