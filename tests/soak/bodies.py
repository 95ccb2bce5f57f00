"""Sends hostile bodies to a real server by the thousand, judges every answer, and looks for what was promised.

python -m tests.soak.bodies --count 100000 --database postgresql
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cobi.server.background import LOG, Background
from tests.acceptance.failing import workers_of
from tests.acceptance.installation import Installation
from tests.soak.hostile_bodies import Body, body
from tests.soak.judging import Account, broken_promises
from tests.soak.sender import Connection
from tests.soak.target import DATABASES, target

CONNECTIONS = 12
PATIENCE = 20.0
"""Seconds after which a request that is not answered hangs."""

SAMPLES = 200
"""How often the memory is looked at in a run."""

TOLD = 10
"""How often a long run tells how far it has come."""

MEBIBYTE = 1024 * 1024
GROWTH, SLACK = 1.1, 24.0
"""Memory is flat where it ends below so many times what it was half-way, and so many MiB.

By then a long run has more in its database than the cache of the one connection that writes can hold.
"""


@dataclass(frozen=True)
class Outcome:
    """What a run came to; memory in MiB, over all of the server's workers."""

    account: Account
    broken: list[str]
    seconds: float
    memory: list[float]
    complaints: list[str]

    @property
    def memory_early(self) -> float:
        """About when half of the bodies had been sent, when caches are warm."""
        half = len(self.memory) // 2
        return statistics.median(self.memory[half : half + max(1, half // 10)])

    @property
    def memory_late(self) -> float:
        return statistics.median(self.memory[-max(1, len(self.memory) // 20) :])

    @property
    def faults(self) -> list[str]:
        flat = self.memory_late <= self.memory_early * GROWTH + SLACK
        grown = [] if flat else [f"memory grew from {self.memory_early:.0f} to {self.memory_late:.0f} MiB"]
        return [*self.account.faults, *self.broken, *self.complaints, *grown]

    def __str__(self) -> str:
        account = self.account
        total, highest = sum(account.statuses.values()), max(self.memory)
        looked_for = sum(map(len, account.promised.values())) + len(account.cities)
        return "\n".join(
            [
                f"{total} bodies in {self.seconds:.0f} s, slowest answer {account.slowest:.2f} s",
                "by status: " + _listed(account.statuses),
                "by family: " + "; ".join(_families(account)),
                "by code: " + _listed(account.codes),
                f"records: {sum(account.stored.values())} stored or changed in batches, {account.rejected} refused",
                f"good records looked for: {looked_for}",
                f"MiB: {self.memory_early:.0f} half-way, {self.memory_late:.0f} at the end, {highest:.0f} at most",
                f"{len(self.faults)} faults",
                *self.faults,
            ]
        )


def _listed(counted: Counter[int] | Counter[str]) -> str:
    return ", ".join(f"{what}: {times}" for what, times in counted.most_common())


def _families(account: Account) -> Iterator[str]:
    for family in sorted({family for family, _ in account.families}):
        counts = Counter({status: n for (of, status), n in account.families.items() if of == family})
        yield f"{family} {_listed(counts)}"


Tell = Callable[[str], object]


def attack(
    installation: Installation, server: Background, count: int, seed: int, tell: Tell = lambda _: None
) -> Outcome:
    """Send so many bodies of a seed, and look at everything that came of it."""
    began = time.perf_counter()
    account, memory = asyncio.run(_send_all(installation, server, count, seed, tell))
    seconds = time.perf_counter() - began
    log = (installation.settings.data / LOG).read_text(errors="replace")
    complaints = [f"the log tells of {log.count('unexpected error')} unexpected errors"]
    return Outcome(
        account,
        broken_promises(account, installation),
        seconds,
        memory,
        complaints if "unexpected error" in log else [],
    )


async def _send_all(
    installation: Installation, server: Background, count: int, seed: int, tell: Tell
) -> tuple[Account, list[float]]:
    account, memory, numbers = Account(), list[float](), iter(range(count))
    every = max(1, count // SAMPLES)

    async def work() -> None:
        connection = Connection(server.url, installation.key, PATIENCE)
        for number in numbers:
            await _send(connection, body(seed, number), account)
            if number % every == 0:
                memory.append(_memory_of(server))
                if len(memory) % (SAMPLES // TOLD) == 0:
                    tell(
                        f"{number} sent: {memory[-1]:.0f} MiB, {_seconds_of(server):.0f} s of processor time"
                    )
        await connection.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(work())
    return account, memory


async def _send(connection: Connection, one: Body, account: Account) -> None:
    try:
        account.take(one, await connection.send(one))
    except TimeoutError:
        account.blame(one, f"no answer within {PATIENCE:g} s")
        await connection.close()
    except OSError as error:
        account.blame(one, f"the server cannot be reached: {error}")


def _memory_of(server: Background) -> float:
    """The resident memory of the workers, in MiB."""
    kibibytes = 0
    for worker in workers_of(server):
        for line in Path(f"/proc/{worker}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                kibibytes += int(line.split()[1])
    return kibibytes / 1024


def _seconds_of(server: Background) -> float:
    """The processor time that the workers have taken."""
    ticks = 0
    for worker in workers_of(server):
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, metavar="N", help="print body N instead of sending any")
    chosen = parser.parse_args()
    if chosen.show is not None:
        one = body(chosen.seed, chosen.show)
        print(one.family, one.framing, one.path, one.headers)
        sys.stdout.buffer.write(one.content)
        return
    with target(chosen.database, log_level="error") as (installation, server):
        outcome = attack(installation, server, chosen.count, chosen.seed, partial(print, flush=True))
    print(outcome)
    sys.exit(bool(outcome.faults))


if __name__ == "__main__":
    main()
