"""The client asks for lists in every way the API knows."""

from __future__ import annotations

import httpx

from cobi.client.client import Client


def test_what_is_wanted_of_a_list_is_asked_for() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.path}?{request.url.params}")
        return httpx.Response(200, json=[])

    with Client("http://cobi", "key", transport=httpx.MockTransport(answer)) as client:
        client.recommend("S")
        client.recommend("S", limit=3, include_segments=True, explain=True, regions=["BH", "AE"])
        client.recommend("S", exclude=["A", "B"], item_type="SHOP", platform="WEB")
        client.recommend_segment("G", continues="R")
        client.similar("O", offset=10)
        client.past_answer("R", why_not="O")
    assert asked == [
        "/v1/recommendations/customers/S?limit=10",
        "/v1/recommendations/customers/S?limit=3&regions=BH%2CAE&explain=true&includeSegments=true",
        "/v1/recommendations/customers/S?limit=10&exclude=A%2CB&item_type=SHOP&platform=WEB",
        "/v1/recommendations/segments/G?limit=10&continues=R",
        "/v1/recommendations/items/O?limit=10&offset=10",
        "/v1/recommendations/R?why_not=O",
    ]
