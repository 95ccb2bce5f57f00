"""A server as a child process of this one, for as long as a block of code needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cobi.domain.errors import Misconfigured
from cobi.server.address import answers, free_port, url_of

HOST = "127.0.0.1"
LOG = "server.log"
"""What the server prints, in its data directory."""

_START_WITHIN_SECONDS = 60.0
_STOP_WITHIN_SECONDS = 90.0
_GLANCE_SECONDS = 0.02


@dataclass(frozen=True)
class Background:
    """A server that answers."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> int:
        """Ask it to stop, wait until it has, and answer its exit code."""
        self.process.terminate()
        return self.process.wait(_STOP_WITHIN_SECONDS)

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def background(
    data: Path, port: int | None = None, settings: Mapping[str, object] | None = None
) -> Generator[Background]:
    """Serve a data directory; `settings` by their names override its own, no `port` means any free one."""
    server = start(data, port or free_port(HOST), settings or {})
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def start(data: Path, port: int, settings: Mapping[str, object]) -> Background:
    """Start a server and wait until it answers; raises Misconfigured when it ends instead."""
    data.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **{f"COBI_{name.upper()}": str(value) for name, value in settings.items()}}
    command = [
        sys.executable,
        "-m",
        "cobi",
        "serve",
        "--data",
        str(data),
        "--host",
        HOST,
        "--port",
        str(port),
    ]
    with (data / LOG).open("ab") as log:
        # In a session of its own: Ctrl-C reaches this process alone, which then stops the server in good order.
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    _wait(process, port, data / LOG)
    return Background(url_of(HOST, port), process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_WITHIN_SECONDS
    while not answers(HOST, port):
        if process.poll() is not None:
            raise Misconfigured(f"the server did not start: {_last_lines(log)}")
        if time.monotonic() > deadline:
            process.kill()
            raise Misconfigured(
                f"the server did not answer within {_START_WITHIN_SECONDS:g} s", hint=f"see {log}"
            )
        time.sleep(_GLANCE_SECONDS)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])
