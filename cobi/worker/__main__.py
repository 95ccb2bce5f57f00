"""The process that trains or evaluates: `python -m cobi.worker JOB`, told by its server, in one line, whose it is.

It steps back behind whatever serves (nice), keeps to the memory it was given, and ends when its server does.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec

from cobi.config.settings import Settings
from cobi.service.jobs import Jobs
from cobi.service.registry import Registry

_NICE = 10
_MIB = 1024 * 1024


def main() -> int:
    """Do the job; the exit code is 0 however it ends, unless something unexpected happens."""
    told: dict[str, Any] = msgspec.json.decode(sys.stdin.buffer.readline())
    chosen: dict[str, Any] = told["settings"]
    chosen["data"] = Path(chosen["data"])
    settings = Settings(**chosen)
    os.nice(_NICE)
    _limit_memory(settings.training_memory_mb)
    registry, job_id = Registry(settings), bytes.fromhex(sys.argv[1])
    try:
        service = registry.named(told["organisation"])
        jobs = {kind.WORK.name: kind for kind in (service.training, service.evaluations)}[told["work"]]
        threading.Thread(target=_leave_with_server, args=(jobs, job_id), daemon=True).start()
        jobs.work(job_id, _leave)
    finally:
        registry.close()
    return 0


def _limit_memory(most: int) -> None:
    """Have what exceeds so many MiB fail in this process instead of making others suffer."""
    if most:
        # Data, not address space: libraries map far more than they ever touch.
        resource.setrlimit(resource.RLIMIT_DATA, (most * _MIB, most * _MIB))


def _leave_with_server(jobs: Jobs, job_id: bytes) -> None:
    """Wait until the server's end of the pipe is gone: nobody is left to say how this ends."""
    sys.stdin.buffer.read()
    jobs.fail(job_id, "the server that started it ended")
    _leave()


def _leave() -> None:
    """End at once: a computation cannot be asked to stop, and what was not committed was never there."""
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
