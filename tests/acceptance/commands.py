"""Running the `cobi` command: inside this process, because starting one takes a second, or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cobi.cli.app import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def runner(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """What runs a command on a data directory, for the organisation "campus"."""
    monkeypatch.setenv("COBI_DATA", str(data))
    monkeypatch.setenv("COBI_ORG", "campus")

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["cobi", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run


def in_a_process(*arguments: object, **environment: str) -> Ended:
    """Run a command as a person does."""
    command = [sys.executable, "-m", "cobi", *map(str, arguments)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=120
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
