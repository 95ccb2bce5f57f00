"""Records that many retry at once pass once, and every refused one is counted once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cobi.domain.quarantine import EVERYTHING, parse_retry
from cobi.domain.records import TAGS
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import CAMPUS
from tests.factories import NOON, minimal, upload

ORDER = parse_retry({"type": "tags", "rules": [{"set": "name", "value": "x"}], "limit": 20})


def retry(service: Service) -> int:
    """Retry twenty at a time; how many passed."""
    answer = service.retry(ORDER)
    stored = answer["stored"]
    while answer["examined"]:
        answer = service.retry(ORDER)
        stored += answer["stored"]
    return stored


def test_two_installations_retrying_at_once_store_each_record_once(
    service: Service, registry: Registry
) -> None:
    upload(service, "tags", *(minimal("tags", number, name="") for number in range(200)))
    other = Registry(registry.settings, lambda: NOON)
    callers = [service, other.named(CAMPUS)] * 2
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(retry, callers))
    other.close()
    left = service.refused(EVERYTHING, 1, None)
    assert sum(stored) == left["left"]["retried"] == 200
    assert (left["counts"], left["records"]) == ([], [])
    assert len(service.read_page(TAGS, 1000, None)["records"]) == 200
