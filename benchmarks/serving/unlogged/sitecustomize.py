"""Put on a server's path by the benchmark: answers are sent without being logged, which no setting can do (D30)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from cobi.actions.recommending import recommend
from cobi.store.database import Database

_write_to = Database.write_to


def _write_all_but_answers(self: Database, job: Any, *arguments: Any, **named: Any) -> Future[Any]:
    if job is not recommend.log:
        return _write_to(self, job, *arguments, **named)
    done: Future[Any] = Future()
    done.set_result(None)
    return done


setattr(Database, "write_to", _write_all_but_answers)  # noqa: B010 (its types are the benchmark's own affair)
