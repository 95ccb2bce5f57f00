from __future__ import annotations

import pytest

from cobi.domain.identifiers import parse_id
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service
from tests.factories import TYPES, an_id, full, upload, upload_all


@pytest.mark.parametrize("kind", TYPES)
def test_a_full_record_reads_back_as_it_was_sent(service: Service, kind: str) -> None:
    upload_all(service)
    record = full(kind)
    assert upload(service, kind, record).stored == 1
    identifier = parse_id(an_id(kind))
    assert identifier is not None
    assert service.read(RECORD_TYPES[kind], identifier) == record
