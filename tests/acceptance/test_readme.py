"""The README's requests, sent to a real server in their order, answer what the README says."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import httpx

from cobi.config.settings import Settings
from cobi.server.background import background
from cobi.service.registry import Registry

README = Path("README.md").read_text(encoding="utf-8")
_SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
_EXCHANGE = re.compile(r"^\$ (curl .*?)\n([\[{].*?)$", re.DOTALL | re.MULTILINE)


def exchanges() -> list[tuple[str, str]]:
    """The commands the README shows, each with its answer."""
    return _EXCHANGE.findall("".join(_SESSION.findall(README)))


def send(command: str, url: str, key: str) -> httpx.Response:
    """Do what the curl command does."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    words = shlex.split(command.replace("$KEY", key).replace("'$(date -u +%FT%TZ)'", now))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1] if "-d" in words else None
    address = next(word for word in words if word.startswith("localhost:8080"))
    method = "GET" if body is None else "POST"
    return httpx.request(method, url + address.removeprefix("localhost:8080"), headers=headers, content=body)


def pattern(shown: str) -> str:
    """The answer as shown, with … for whatever stands there."""
    return ".*".join(re.escape(part) for part in re.split(r"\s*…\s*", shown))


def test_the_readmes_requests_answer_what_it_says(tmp_path: Path) -> None:
    registry = Registry(Settings(data=tmp_path))
    key = registry.create_key("campus", frozenset({"ingest", "recommend", "report"}))
    registry.close()
    told = exchanges()
    assert len(told) >= 5
    with background(tmp_path) as server:
        for command, shown in told:
            answer = send(command, server.url, key)
            assert re.fullmatch(pattern(shown), answer.text, re.DOTALL), f"{command}\n{answer.text}"
