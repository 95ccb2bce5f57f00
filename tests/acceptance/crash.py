"""Kills Cobi's server, or its PostgreSQL, with SIGKILL under mixed load, again and again, and looks for all that was
acknowledged.

python -m tests.acceptance.crash --kills 200 --database postgresql --victim database

After every 25 kills everything is compared and the next ones begin with an installation of their own, so that a run
that is broken off has proved something.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from cobi.config.settings import Settings
from cobi.domain.errors import Misconfigured
from cobi.server.background import Background
from tests.acceptance.installation import Installation
from tests.acceptance.stored import disagreements, read_stored
from tests.acceptance.traffic import Ledger, traffic
from tests.postgresql import Server
from tests.soak.target import DATABASES, installed

FEWEST, MOST = 20, 150
"""A kill comes after a random number of answers between these, …"""

_STARTS = 5
_LATEST_SECONDS = 0.03
"""… and a random time up to this, so that it falls into any phase of a commit."""


@dataclass(frozen=True)
class Kill:
    """One kill: what was acknowledged since the last one, what of that is lost, and the seconds until every caller
    was answered again.
    """

    acknowledged: int
    lost: int
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """What all kills together came to, when every caller had been answered in the end."""

    acknowledged: int
    lost: int
    doubled: int
    unasked: int
    disagreements: list[str]
    unanswered: int
    turned_away: int

    @property
    def passed(self) -> bool:
        return self.acknowledged > 0 and not (self.lost or self.doubled or self.unasked or self.disagreements)

    def __str__(self) -> str:
        figures = "; ".join(self.disagreements) or "all figures agree with their rows"
        return (
            f"{self.acknowledged} acknowledged, {self.lost} lost, {self.doubled} doubled, {self.unasked} unasked; "
            f"{figures}; sent again: {self.unanswered} unanswered, {self.turned_away} turned away with 503"
        )


class Victim(Protocol):
    """What is killed and started again."""

    def kill(self) -> None: ...

    def start(self) -> object: ...


class ServerVictim:
    """Cobi's server with its workers, started again at the same address."""

    def __init__(self, installation: Installation, running: Background, workers: int) -> None:
        self._installation = installation
        self._workers = workers
        self.running = running

    def kill(self) -> None:
        self.running.kill()

    def start(self) -> None:
        port = int(self.running.url.rpartition(":")[2])
        for _ in range(_STARTS):
            # On a machine that has a lot else to do, a start may take longer than anybody waits for it.
            with suppress(Misconfigured):
                self.running = self._installation.start(port, workers=self._workers)
                return
        raise TimeoutError(f"the server did not start in {_STARTS} attempts")


def crashes(
    installation: Installation, kills: int, database: Server | None = None, workers: int = 1, seed: int = 0
) -> Iterator[Kill | Verdict]:
    """Kill the server, or where one is given its database, so many times; an account of each, then of all."""
    luck, ledger, settings = random.Random(seed), Ledger(), installation.settings
    server = ServerVictim(installation, installation.start(workers=workers), workers)
    victim: Victim = database or server
    try:
        with traffic(server.running.url, installation.key, ledger, seed):
            before = since = _now()
            for _ in range(kills):
                yield _kill(victim, ledger, luck, settings, since)
                before, since = _now(), before
        with installation.client(server.running) as client:
            told = disagreements(client, settings, len(ledger.promised.clicks))
        yield _verdict(ledger, settings, told)
        # One that had to live through its database's death also ends in good order.
        assert server.running.stop() == 0
    finally:
        if server.running.process.poll() is None:
            server.running.kill()


def _kill(victim: Victim, ledger: Ledger, luck: random.Random, settings: Settings, since: int) -> Kill:
    ledger.wait_for_requests(luck.randint(FEWEST, MOST))
    threading.Event().wait(luck.uniform(0, _LATEST_SECONDS))
    began = time.monotonic()
    victim.kill()
    promised = ledger.turn_over()
    victim.start()
    ledger.life += 1
    ledger.wait_for_all_callers()
    seconds = time.monotonic() - began
    return Kill(len(promised), read_stored(settings, since).lost(promised), seconds)


def _verdict(ledger: Ledger, settings: Settings, told: list[str]) -> Verdict:
    stored, promised = read_stored(settings), ledger.promised
    return Verdict(
        len(promised),
        stored.lost(promised),
        stored.doubled,
        stored.unasked(promised),
        told,
        ledger.unanswered,
        ledger.turned_away,
    )


def _now() -> int:
    return time.time_ns() // 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--victim", choices=["server", "database"], default="server")
    parser.add_argument("--workers", type=int, default=1, help="processes of the server")
    parser.add_argument(
        "--check-every", type=int, default=25, metavar="KILLS", help="compare after so many kills"
    )
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if (chosen.database, chosen.victim) == ("sqlite", "database"):
        parser.error("SQLite lives and dies with the server; kill that")
    sys.exit(not _report(chosen))


def _report(chosen: argparse.Namespace) -> bool:
    seconds: list[float] = []
    verdicts: list[Verdict] = []
    print("kill  acknowledged  lost  recovery")
    for first in range(0, chosen.kills, chosen.check_every):
        kills = min(chosen.check_every, chosen.kills - first)
        with installed(chosen.database) as (installation, postgresql):
            database = postgresql if chosen.victim == "database" else None
            for one in crashes(installation, kills, database, chosen.workers, chosen.seed + first):
                if isinstance(one, Kill):
                    seconds.append(one.seconds)
                    print(
                        f"{len(seconds):4}  {one.acknowledged:12}  {one.lost:4}  {one.seconds:6.2f} s",
                        flush=True,
                    )
                else:
                    verdicts.append(one)
                    print(one, flush=True)
    acknowledged, lost, doubled = (
        sum(getattr(one, name) for one in verdicts) for name in ("acknowledged", "lost", "doubled")
    )
    print(
        f"{len(seconds)} kills: {acknowledged} acknowledged, {lost} lost, {doubled} doubled; "
        f"recovery: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
    )
    return all(one.passed for one in verdicts)


if __name__ == "__main__":
    main()
