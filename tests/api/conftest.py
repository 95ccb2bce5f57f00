"""The contract as a caller meets it: over HTTP, against an application in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from tests.factories import TYPES, minimal

Post = Callable[..., Response]


@pytest.fixture
def post(client: TestClient) -> Post:
    """Upload records of a type."""

    def send(kind: str, *records: Any) -> Response:
        return client.post(f"/v1/data/{kind}", json={"records": list(records)})

    return send


@pytest.fixture
def market(client: TestClient, post: Post) -> TestClient:
    """A caller of an organisation with one minimal record of each type."""
    for kind in TYPES:
        assert post(kind, minimal(kind)).status_code == 200
    return client
