from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.factories import minimal


def test_eight_clients_at_once_with_one_idempotency_key_get_one_answer(caller: httpx.Client) -> None:
    records = [minimal("keywords", number) for number in range(200)]
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def send(_: int) -> httpx.Response:
        return caller.post("/v1/data/keywords", json={"records": records}, headers=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
