"""Requests nobody should send, each with the answer it must get; printed as the page of the reference.

python -m tests.acceptance.hostile_requests > docs/reference/hostile-requests.md
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.factories import an_id, interaction, minimal

KEY = "{key}"
"""Stands in headers for a valid key."""

MEBIBYTE = 1024 * 1024
TAGS, OFFERS, INTERACTIONS = "/v1/data/tags", "/v1/data/offers", "/user-interactions"
STUDENT = f"/v1/recommendations/customers/{an_id('customers')}"


@dataclass(frozen=True)
class Hostile:
    """One request and the status and code of its answer; no code: HTTP itself refuses it.

    `raw` replaces all that is sent; `status` 0 means that the connection is closed without an answer.
    """

    name: str
    status: int
    code: str | None
    method: str = "POST"
    path: str = TAGS
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def message(self, key: str) -> bytes:
        """The bytes to send."""
        if self.raw is not None:
            return self.raw.replace(KEY.encode(), key.encode())
        headers = {"Host": "cobi", "Authorization": f"Bearer {KEY}", "Connection": "close"}
        if self.method == "POST":
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{name}: {value}" for name, value in {**headers, **self.headers}.items()]
        head = "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines, "", ""])
        return head.replace(KEY, key).encode("latin-1") + self.body


def get(name: str, path: str, status: int, code: str | None, **more: Any) -> Hostile:
    return Hostile(name, status, code, method="GET", path=path, **more)


def batch(*records: Any) -> bytes:
    """An envelope of records, given as values or as raw JSON."""
    parts = [record if isinstance(record, bytes) else msgspec.json.encode(record) for record in records]
    return b'{"records":[' + b",".join(parts) + b"]}"


def cursor(position: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode()


def raw(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("latin-1")


def tag(name: bytes) -> bytes:
    """A tag whose name is this raw JSON value."""
    return batch(b'{"tag_id":"' + an_id("tags", 9).encode() + b'","name":' + name + b"}")


def offer(value: bytes) -> bytes:
    """An offer whose value is this raw JSON value."""
    text = msgspec.json.encode(minimal("offers", 9, value="VALUE"))
    return batch(text.replace(b'"VALUE"', value))


def did(**changes: Any) -> bytes:
    return msgspec.json.encode(interaction(**changes))


BODIES = (
    Hostile("no body at all", 400, "malformed_json"),
    Hostile("white space only", 400, "malformed_json", body=b" \r\n\t "),
    Hostile("a body that ends too soon", 400, "malformed_json", body=b'{"records":[{"tag_id":'),
    Hostile("something behind the body", 400, "malformed_json", body=batch(minimal("tags")) + b"{}"),
    Hostile("an array as body", 400, "malformed_body", body=b"[]"),
    Hostile("a text as body", 400, "malformed_body", body=b'"records"'),
    Hostile("a number as body", 400, "malformed_body", body=b"42"),
    Hostile("null as body", 400, "malformed_body", body=b"null"),
    Hostile("an array to a path for one object", 400, "malformed_body", path=INTERACTIONS, body=b"[{}]"),
    Hostile("an object without records", 400, "missing_records", body=b"{}"),
    Hostile("records that are no list", 400, "malformed_body", body=b'{"records":{"0":{}}}'),
    Hostile("records that are null", 400, "malformed_body", body=b'{"records":null}'),
    Hostile("no records", 400, "no_records", body=b'{"records":[]}'),
    Hostile("5001 records", 400, "too_many_records", body=batch(*[b"{}"] * 5001)),
    Hostile("17 MiB", 413, "payload_too_large", body=b" " * (17 * MEBIBYTE)),
    Hostile("100,000 opening brackets", 400, "malformed_body", body=b"[" * 100_000),
    Hostile(
        "100,000 nested arrays in a record", 400, "malformed_json", body=tag(b"[" * 100_000 + b"]" * 100_000)
    ),
    Hostile("100,000 nested objects", 400, "malformed_json", body=b'{"records":' * 100_000),
    Hostile("the last of several keys counts", 400, "no_records", body=b'{"records":[{}],"records":[]}'),
    Hostile("a byte order mark", 400, "malformed_json", body=b"\xef\xbb\xbf" + batch(minimal("tags"))),
    Hostile("UTF-16", 400, "malformed_json", body='{"records":[]}'.encode("utf-16")),
    Hostile("invalid UTF-8 in a text", 400, "malformed_record", body=tag(b'"\xff\xfe"')),
    Hostile("an encoded surrogate in a text", 400, "malformed_record", body=tag(b'"\xed\xa0\x80"')),
    Hostile("an escaped lone surrogate", 400, "malformed_json", body=tag(b'"\\ud800"')),
    Hostile("a NUL byte in a text", 400, "malformed_json", body=tag(b'"a\x00b"')),
    Hostile("NaN, which is not JSON", 400, "malformed_json", body=offer(b"NaN")),
    Hostile("compressed without saying so", 400, "malformed_json", body=b"\x1f\x8b\x08\x00" + b"\x00" * 16),
)

RECORDS = (
    Hostile("a record that is no object", 400, "not_an_object", body=batch(b"[]", b"7", b"null")),
    Hostile("an empty record", 400, "missing_field", body=batch(b"{}")),
    Hostile("an escaped NUL in a text", 400, "control_character", body=tag(b'"a\\u0000b"')),
    Hostile("a megabyte of text", 400, "too_long", body=tag(b'"' + b"x" * MEBIBYTE + b'"')),
    Hostile("an object for a text", 400, "wrong_type", body=tag(b'{"$gt":""}')),
    Hostile("SQL in an id", 400, "malformed_id", body=batch(minimal("tags", tag_id="1' OR '1'='1"))),
    Hostile("SQL in a text is a text", 200, None, body=tag(b'"Robert\'); DROP TABLE tags;--"')),
    Hostile("HTML in a text is a text", 200, None, body=tag(b'"<script>alert(1)</script>"')),
    Hostile("a number of 5000 digits", 400, "malformed_record", path=OFFERS, body=offer(b"9" * 5000)),
    Hostile("a number of 25 digits", 400, "out_of_range", path=OFFERS, body=offer(b"9" * 25)),
    Hostile("1e400", 400, "malformed_record", path=OFFERS, body=offer(b"1e400")),
    Hostile("a number as a text", 400, "wrong_type", path=OFFERS, body=offer(b'"20"')),
    Hostile("true as a number", 400, "wrong_type", path=OFFERS, body=offer(b"true")),
    Hostile(
        "a date outside the calendar",
        400,
        "malformed_datetime",
        body=batch(minimal("tags", created="9999-12-31T23:59:59-14:00")),
    ),
    Hostile(
        "an unknown shop",
        400,
        "unknown_reference",
        path=OFFERS,
        body=batch(minimal("offers", shop_id=an_id("shops", 99))),
    ),
    Hostile(
        "10,000 unknown fields",
        200,
        None,
        body=batch({**minimal("tags"), **{f"f{n}": n for n in range(10_000)}}),
    ),
    Hostile("a field name of a megabyte", 200, None, body=batch({**minimal("tags"), "x" * MEBIBYTE: 1})),
    Hostile(
        "an interaction from the future",
        400,
        "future_timestamp",
        path=INTERACTIONS,
        body=did(event_timestamp=4 * 10**9),
    ),
    Hostile("a time of zero", 400, "malformed_timestamp", path=INTERACTIONS, body=did(event_timestamp=0)),
    Hostile(
        "a time of 30 digits", 400, "malformed_timestamp", path=INTERACTIONS, body=did(event_timestamp=10**30)
    ),
    Hostile(
        "a source that contradicts itself",
        400,
        "contradictory_source",
        path=INTERACTIONS,
        body=did(recommendation_id=an_id("recommendations")),
    ),
    Hostile("another source", 400, "unknown_choice", path=INTERACTIONS, body=did(source="cobi")),
    Hostile(
        "an unknown student", 400, "unknown_student", path=INTERACTIONS, body=did(student_id=an_id("nobody"))
    ),
    Hostile(
        "an item of another type", 400, "item_type_mismatch", path=INTERACTIONS, body=did(item_type="SHOP")
    ),
    Hostile(
        "a segment's rule of the wrong form",
        400,
        "invalid_request",
        path="/v1/segments",
        body=b'{"name":"x","rule":7}',
    ),
)

ADDRESSES = (
    get("an unknown path", "/v1/../../etc/passwd", 404, "unknown_path"),
    get("a NUL in the path", "/v1/data/%00", 404, "unknown_type"),
    get("invalid UTF-8 in the path", "/v1/data/%ff%fe", 404, "unknown_type"),
    get("half a percent sign", "/v1/data/%2", 404, "unknown_type"),
    get("an encoded slash is a slash", "/v1/data%2Ftags", 200, None),
    get("a record type of 10,000 characters", "/v1/data/" + "x" * 10_000, 404, "unknown_type"),
    get("a path of 100,000 characters", "/" + "x" * 100_000, 414, None),
    get("no UUID", "/v1/data/tags/' OR 1=1 --".replace(" ", "%20"), 400, "malformed_id"),
    get("an unknown record", f"/v1/data/tags/{an_id('tags', 99)}", 404, "unknown_record"),
    get(
        "recommendations for nobody",
        f"/v1/recommendations/customers/{an_id('nobody')}",
        404,
        "unknown_customer",
    ),
    get("limit=-1", f"{STUDENT}?limit=-1", 400, "malformed_parameter"),
    get("limit=1e9", f"{STUDENT}?limit=1e9", 400, "malformed_parameter"),
    get("limit of 5000 digits", f"{STUDENT}?limit=" + "9" * 5000, 400, "malformed_parameter"),
    get("limit=٣", f"{STUDENT}?limit=%D9%A3", 400, "malformed_parameter"),
    get("regions=<script>", f"{STUDENT}?regions=%3Cscript%3E", 400, "malformed_parameter"),
    get("includeSegments=2", f"{STUDENT}?includeSegments=2", 400, "malformed_parameter"),
    get("a time of 5000 digits", f"{INTERACTIONS}?from=" + "9" * 5000, 400, "malformed_parameter"),
    get("a NUL in a filter", "/v1/quarantine?code=%00", 400, "malformed_parameter"),
    get("invalid UTF-8 in a filter", "/v1/quarantine?code=%ff", 400, "malformed_parameter"),
    get("a cursor of junk", f"{TAGS}?cursor=%F0%9F%92%A5", 400, "malformed_cursor"),
    get("a cursor behind the end of integers", f"{TAGS}?cursor={cursor(2**64 - 1)}", 400, "malformed_cursor"),
    get("a cursor of another list", f"{INTERACTIONS}?cursor={cursor(7)}", 400, "malformed_cursor"),
    get("a cursor with half an id", f"{INTERACTIONS}?cursor={cursor((7, b'half'))}", 400, "malformed_cursor"),
    get(
        "a cursor of nested arrays",
        f"{TAGS}?cursor=" + base64.urlsafe_b64encode(b"\x91" * 5000).decode(),
        400,
        "malformed_cursor",
    ),
    get("5000 parameters", f"{TAGS}?" + "&".join(f"p{n}=1" for n in range(5000)), 200, None),
    get("a percent sign in the query", f"{TAGS}?limit=%", 400, "malformed_parameter"),
    Hostile("DELETE", 405, "method_not_allowed", method="DELETE"),
    Hostile("an invented method", 405, "method_not_allowed", method="BREW"),
    Hostile("POST to what is only read", 405, "method_not_allowed", path=STUDENT, body=b"{}"),
)

HEADERS = (
    get("no Authorization", TAGS, 401, "unauthorized", headers={"Authorization": ""}),
    get("Basic", TAGS, 401, "unauthorized", headers={"Authorization": "Basic YTpi"}),
    get("Bearer without a key", TAGS, 401, "unauthorized", headers={"Authorization": "Bearer "}),
    get("an unknown key", TAGS, 401, "unauthorized", headers={"Authorization": "Bearer cobi_' OR 1=1"}),
    get("a key that is not ASCII", TAGS, 401, "unauthorized", headers={"Authorization": "Bearer \xff\xfe"}),
    get("a key of 100 kB", TAGS, 401, "unauthorized", headers={"Authorization": "Bearer " + "x" * 100_000}),
    get("a header of 1 MB", TAGS, 431, None, headers={"X-Large": "x" * MEBIBYTE}),
    get("1000 headers", TAGS, 431, None, headers={f"X-{n}": "1" for n in range(1000)}),
    Hostile("text/csv", 415, "unsupported_media_type", headers={"Content-Type": "text/csv"}),
    Hostile(
        "a form", 415, "unsupported_media_type", headers={"Content-Type": "multipart/form-data; boundary=x"}
    ),
    Hostile("a content type of junk", 415, "unsupported_media_type", headers={"Content-Type": "\xff;;=;"}),
)

WIRE = (
    Hostile(
        "17 MiB in chunks, no length given",
        413,
        "payload_too_large",
        raw=raw(
            f"POST {TAGS} HTTP/1.1\nHost: cobi\nAuthorization: Bearer {KEY}\nConnection: close\n"
            "Transfer-Encoding: chunked\n\n"
        )
        + b"100000\r\n%b\r\n" % (b" " * MEBIBYTE) * 17
        + b"0\r\n\r\n",
    ),
    Hostile(
        "gzip, said to be",
        400,
        "malformed_json",
        body=gzip.compress(b"{}"),
        headers={"Content-Encoding": "gzip"},
    ),
    Hostile("an expectation nobody can meet", 400, "malformed_json", headers={"Expect": "miracles"}),
    Hostile(
        "an upgrade to another protocol",
        400,
        "malformed_json",
        headers={"Upgrade": "h2c", "Connection": "Upgrade, close"},
    ),
    Hostile("a negative length", 400, None, headers={"Content-Length": "-1"}),
    Hostile("a length that is no number", 400, None, headers={"Content-Length": "many"}),
    Hostile(
        "two lengths",
        400,
        None,
        raw=raw(
            f"POST {TAGS} HTTP/1.1\nHost: cobi\nAuthorization: Bearer {KEY}\n"
            "Content-Length: 2\nContent-Length: 30\n\n{}"
        ),
    ),
    Hostile(
        "chunks of no size",
        400,
        "malformed_body",
        raw=raw(
            f"POST {TAGS} HTTP/1.1\nHost: cobi\nAuthorization: Bearer {KEY}\n"
            "Transfer-Encoding: chunked\n\nmany\n{}\n0\n\n"
        ),
    ),
    Hostile(
        "a request hidden in a body of chunks and a length",
        400,
        "malformed_json",
        raw=raw(
            f"POST {TAGS} HTTP/1.1\nHost: cobi\nAuthorization: Bearer {KEY}\nConnection: close\n"
            "Content-Length: 4\nTransfer-Encoding: chunked\n\n0\n\nGET /v1/data HTTP/1.1\n\n"
        ),
    ),
    Hostile("a header split over lines", 400, None, raw=raw("GET / HTTP/1.1\nHost: cobi\n X: folded\n\n")),
    Hostile("no HTTP at all", 400, None, raw=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    Hostile("a version nobody speaks", 400, None, raw=raw("GET / HTTP/9.9\nHost: cobi\n\n")),
)

GROUPS = {
    "Bodies": BODIES,
    "Records": RECORDS,
    "Addresses": ADDRESSES,
    "Headers": HEADERS,
    "On the wire": WIRE,
}
HOSTILE = tuple(one for group in GROUPS.values() for one in group)


def code_of(body: bytes) -> str | None:
    """The code an answer gives: its own, or that of the first refused record."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    errors = [error for one in answer.get("batches", ()) for error in one["data"]["errors"]]
    return errors[0]["code"] if errors else answer.get("code")


def page() -> str:
    """The page of the reference."""
    blocks = [
        "<!-- made by `python -m tests.acceptance.hostile_requests` -->",
        "# Hostile requests",
        "",
        f"{len(HOSTILE)} requests nobody should send. A test sends each to a real server and checks its answer,",
        "and that the server still works afterwards. None is answered with 500, and none hangs.",
    ]
    for title, group in GROUPS.items():
        blocks += ["", f"## {title}", "", "| request | method | status | code |", "| --- | --- | --- | --- |"]
        blocks += [_row(one) for one in group]
    return "\n".join(blocks) + "\n"


def _row(one: Hostile) -> str:
    method = "" if one.raw is not None else one.method
    status = str(one.status) if one.status else "closed"
    return f"| {one.name} | {method} | {status} | {f'`{one.code}`' if one.code else ''} |"


if __name__ == "__main__":
    print(page(), end="")
