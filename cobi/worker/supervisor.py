"""Starts the processes that train and evaluate, sees how they end, and ends them with the server."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict

import msgspec
import structlog

from cobi.config.settings import Settings

_STOP_WITHIN_SECONDS = 10.0

_log = structlog.get_logger("cobi.worker")

Ended = Callable[[str | None], None]


class Supervisor:
    """The workers that this server process started; safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children: dict[subprocess.Popen[bytes], threading.Thread] = {}
        self._changing = threading.Lock()
        self._stopping = False

    def start(self, organisation: str, work: str, job_id: bytes, ended: Ended) -> None:
        """Start a process for a training or an evaluation; `ended` hears how it ended."""
        command = [sys.executable, "-m", "cobi.worker", job_id.hex()]
        # A pipe, not the command line, for an address may hold a password; the worker ends when it breaks.
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        told = {
            "organisation": organisation,
            "work": work,
            "settings": {**asdict(self._settings), "data": str(self._settings.data)},
        }
        _log.info(f"{work} started", organisation=organisation, job=job_id.hex(), pid=child.pid)
        watch = threading.Thread(
            target=self._watch,
            args=(child, organisation, work, job_id, ended),
            name=f"cobi-{work}",
            daemon=True,
        )
        with self._changing:
            self._children[child] = watch
        _tell(child, msgspec.json.encode(told))
        watch.start()

    def stop(self) -> None:
        """End all of them; each job says that the server was stopped."""
        self._stopping = True
        with self._changing:
            children = dict(self._children)
        for child in children:
            child.terminate()
        for child, watch in children.items():
            watch.join(_STOP_WITHIN_SECONDS)
            if watch.is_alive():
                child.kill()
                watch.join(_STOP_WITHIN_SECONDS)

    def _watch(
        self, child: subprocess.Popen[bytes], organisation: str, work: str, job_id: bytes, ended: Ended
    ) -> None:
        code = child.wait()
        if child.stdin is not None:
            child.stdin.close()
        how = "the server was stopped" if self._stopping else _how(code)
        _log.info(f"{work} ended", organisation=organisation, job=job_id.hex(), code=code, how=how)
        try:
            ended(how)
        except Exception:  # noqa: BLE001 (the job is given up by whoever looks at it next)
            _log.exception("a job's end could not be written down", organisation=organisation)
        with self._changing:
            self._children.pop(child, None)


def _tell(child: subprocess.Popen[bytes], line: bytes) -> None:
    if child.stdin is None:
        return
    try:
        child.stdin.write(line + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        # It has ended already; whoever watches it says how.
        return


def _how(code: int) -> str | None:
    if code == 0:
        return None
    if code < 0:
        return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process ended with code {code}; the server's log has the reason"
