"""The three loads: batches of interactions, single interactions, and offers half of which have changed."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.ingestion import records
from benchmarks.ingestion.filling import ROWS, fill
from benchmarks.ingestion.load import Run, requests, send
from benchmarks.ingestion.places import Place, cpu_seconds

ROUNDS = 5
CONNECTIONS, SINGLE_CONNECTIONS = 3, 64
_BATCHES, _SINGLES = 12, 10_000
_seeds: Iterator[int] = iter(range(1, 1_000_000))


@dataclass(frozen=True)
class Measure:
    """Records a second, the latency 99 of 100 requests stayed within, and processor time a record.

    `cpu` is the server's, `sender` that of whoever sent it. Each is the median of the rounds; times are in seconds.
    """

    name: str
    rate: float
    p99: float
    cpu: float
    sender: float


def batches(place: Place, name: str = "interactions, 5000 a request") -> Measure:
    """5000 interactions a request."""
    runs: list[_Measured] = []
    for _ in range(ROUNDS):
        bodies = records.batches(records.interactions(_BATCHES * records.BATCH, next(_seeds)))
        runs.append(_send(place, "/v1/data/user-interactions", bodies, CONNECTIONS))
    return _median(name, runs, _BATCHES * records.BATCH)


def batches_beside_many(place: Place) -> Measure:
    """The same beside twenty million interactions, which are stored first."""
    fill(place)
    return batches(place, f"the same, {ROWS // 1_000_000} million stored")


def singles(place: Place) -> Measure:
    """One interaction a request."""
    runs = [
        _send(place, "/user-interactions", records.interactions(_SINGLES, next(_seeds)), SINGLE_CONNECTIONS)
        for _ in range(ROUNDS)
    ]
    return _median("interactions, 1 a request", runs, _SINGLES)


def offers(place: Place) -> Measure:
    """Every offer sent again and again, each time with another half of them changed."""
    runs: list[_Measured] = []
    for version in range(1, ROUNDS + 1):
        bodies = [
            body
            for repeat in range(3)
            for body in records.batches(records.offers(0, records.OFFERS, 10 * version + repeat))
        ]
        runs.append(_send(place, "/v1/data/offers", bodies, CONNECTIONS))
    return _median("offers upserted, half changed", runs, 3 * records.OFFERS)


class _Measured(NamedTuple):
    run: Run
    cpu: float


def _send(place: Place, path: str, bodies: list[bytes], connections: int) -> _Measured:
    url, before = place.server.url, cpu_seconds(place.server)
    run = send(url, requests(url, path, place.key, bodies), connections)
    return _Measured(run, cpu_seconds(place.server) - before)


def _median(name: str, runs: list[_Measured], sent: int) -> Measure:
    rate = statistics.median(sent / one.run.seconds for one in runs)
    p99 = statistics.median(one.run.percentile(0.99) for one in runs)
    cpu, sender = (
        statistics.median(each) / sent for each in ([one.cpu for one in runs], [one.run.cpu for one in runs])
    )
    return Measure(name, rate, p99, cpu, sender)
