"""The same records sent by many at once are stored once, by threads as by processes."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier

from cobi.config.settings import Settings
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.records import RECORD_TYPES
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.interactions import Filter
from tests.factories import NOON, TYPES, interaction, minimal, upload, upload_all

CUSTOMERS = [minimal("customers", number) for number in range(40)]
INTERACTING = [interaction(event_timestamp=NOON // 1000 - number) for number in range(40)]


def send(service: Service) -> tuple[int, int]:
    """Send both batches; how many were stored of each."""
    upload_all(service)
    students = upload(service, "customers", *CUSTOMERS)
    return students.stored, upload(service, INTERACTIONS.name, *INTERACTING).stored


def both(results: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(students for students, _ in results), sum(done for _, done in results)


def stored(service: Service) -> tuple[int, int]:
    students = service.read_page(RECORD_TYPES["customers"], 1000, None)["records"]
    return len(students), len(service.read_interactions(Filter(), 1000, None)["records"])


def test_a_batch_sent_by_eight_threads_at_once_is_stored_once(service: Service) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: send(service), range(8)))
    # Student 0 comes with the first upload of all types.
    assert both(results) == (39, 40)
    assert stored(service) == (40, 40)


def test_a_batch_sent_by_two_processes_at_once_is_stored_once(settings: Settings, service: Service) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(2) as pool:
        barrier = manager.Barrier(2)
        results = pool.starmap(_send_from_a_process, [(settings, barrier)] * 2)
    assert both(results) == (39, 40)
    assert stored(service) == (40, 40)


def test_a_process_sees_at_once_what_another_one_stored(settings: Settings, service: Service) -> None:
    other = Registry(settings, lambda: NOON)
    neighbour = other.named("campus")
    assert upload(service, "offers", minimal("offers")).rejected == 1
    upload_all(neighbour, TYPES[:9])
    assert upload(service, INTERACTIONS.name, interaction()).stored == 1
    upload(neighbour, "customers", minimal("customers", is_deleted=True))
    refused = upload(service, INTERACTIONS.name, interaction(city="Manama"))
    assert refused.rejections[0].problems[0].code == "unknown_student"
    other.close()


def _send_from_a_process(settings: Settings, barrier: Barrier) -> tuple[int, int]:
    registry = Registry(settings, lambda: NOON)
    service = registry.named("campus")
    barrier.wait(60)
    try:
        return send(service)
    finally:
        registry.close()
