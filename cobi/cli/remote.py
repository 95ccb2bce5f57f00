"""A server somewhere as the place where an import's records go."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from cobi.cli.destinations import Refusal, Sent, Unreachable
from cobi.cli.progress import say
from cobi.client.client import Client, ClientError
from cobi.client.patience import Patience
from cobi.domain.batch import MAX_RECORDS
from cobi.domain.errors import InvalidRequest
from cobi.domain.record_type import RecordType


@contextmanager
def remote(url: str, key: str | None) -> Generator[Server]:
    """The server at a URL; raises InvalidRequest for what is no URL of one."""
    try:
        scheme = httpx.URL(url).scheme
    except httpx.InvalidURL as error:
        raise InvalidRequest(f"--url {url!r}: {error}") from None
    if scheme not in ("http", "https"):
        raise InvalidRequest(f"--url {url!r} does not begin with http:// or https://")
    if not key:
        raise InvalidRequest("a server wants a key", hint="give it as COBI_KEY, or with --key")
    with Client(url, key, patience=Patience(tell=say)) as client:
        yield Server(url, client)


class Server:
    """A Cobi that answers at a URL; refused records lie in its quarantine."""

    def __init__(self, url: str, client: Client) -> None:
        self.name = url
        self._client = client
        # Behind the quarantined records that have been read.
        self._cursor: str | None = None

    def send(self, record_type: RecordType, bodies: Sequence[bytes]) -> Sent:
        """Send records in as many requests as it takes; raises Unreachable."""
        sent = Sent(received=len(bodies))
        good: list[int] = []
        for index, body in enumerate(bodies):
            problem = _no_json(body)
            if problem is None:
                good.append(index)
            else:
                # One such record would spoil the request.
                sent.refusals.append(Refusal(index, body, [problem]))
        try:
            for start in range(0, len(good), MAX_RECORDS):
                self._request(record_type, bodies, good[start : start + MAX_RECORDS], sent)
        except (ClientError, httpx.TransportError) as error:
            raise Unreachable(f"{self.name}: {error or type(error).__name__}") from error
        sent.refusals.sort(key=lambda refusal: refusal.index)
        return sent

    def _request(
        self, record_type: RecordType, bodies: Sequence[bytes], wanted: list[int], sent: Sent
    ) -> None:
        """Send the records of these indexes, in halves where they are more bytes than the server takes."""
        try:
            answer = self._client.upload_encoded(record_type.name, [bodies[index] for index in wanted])
        except ClientError as error:
            if error.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise
            if len(wanted) == 1:
                problem = _problem("payload_too_large", str(error))
                sent.refusals.append(Refusal(wanted[0], bodies[wanted[0]], [problem]))
                return
            half = len(wanted) // 2
            self._request(record_type, bodies, wanted[:half], sent)
            self._request(record_type, bodies, wanted[half:], sent)
            return
        sent.stored += answer["stored"]
        sent.unchanged += answer["unchanged"]
        sent.warnings += answer["warnings"]
        for place, errors in self._errors(record_type, answer).items():
            sent.refusals.append(Refusal(wanted[place], bodies[wanted[place]], errors))

    def _errors(self, record_type: RecordType, answer: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
        """The errors of each refused record by its place in the request."""
        told: dict[int, list[dict[str, Any]]] = {}
        for error in answer["errors"]:
            told.setdefault(error["index"], []).append(
                {name: value for name, value in error.items() if name != "index"}
            )
        # An answer lists the first errors only; quarantine has them all.
        return told if len(told) == answer["rejected"] else self._quarantined(record_type, answer)

    def _quarantined(
        self, record_type: RecordType, answer: dict[str, Any]
    ) -> dict[int, list[dict[str, Any]]]:
        """Read on in quarantine, from where the last answer's records ended, for those of this one."""
        found: dict[int, list[dict[str, Any]]] = {}
        while True:
            page = self._client.refused(record_type.name, cursor=self._cursor)
            for record in page["records"]:
                if record["request_id"] == answer["request_id"]:
                    found[record["index"]] = record["errors"]
            if page["next_cursor"] is None:
                return found
            self._cursor = page["next_cursor"]


def _no_json(body: bytes) -> dict[str, Any] | None:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        return _problem("malformed_record", f"cannot be read as JSON: {error}")
    return None


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"field": None, "code": code, "message": message, "value": None}
