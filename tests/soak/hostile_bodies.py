"""A seeded supply of bodies that no careful caller sends, each made from valid records.

Body `n` of a seed is always the same, so that one that did harm can be sent again alone.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cobi.domain.batch import MAX_RECORDS
from cobi.domain.interaction_record import INTERACTIONS
from tests.factories import ALL_TYPES, an_id, full, interaction, minimal

MEBIBYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}
_PATHS = ("/user-interactions", "/v1/data/user-interactions")
_NUMBERS = 50_000
"""Records of each type are told apart by numbers from 1 to this; the one numbered 0 is what others refer to."""

Record = list[tuple[bytes, bytes]]
"""A JSON object as its keys and values in JSON, which need not be sound, nor the keys different."""


@dataclass(frozen=True)
class Body:
    """One request. `sure` are the records that nothing is wrong with, by their places: each with its id, or the
    city of an interaction. `framing` is how the body goes over the wire.
    """

    number: int
    family: str
    path: str
    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    sure: dict[int, str] = field(default_factory=dict)
    framing: str = "length"

    @property
    def record_type(self) -> str:
        return INTERACTIONS.name if self.path in _PATHS else self.path.removeprefix("/v1/data/")


def body(seed: int, number: int) -> Body:
    """The body of that number."""
    luck = random.Random(f"{seed}/{number}")
    [(name, make)] = luck.choices(list(_FAMILIES.items()), [_WEIGHTS[name] for name in _FAMILIES])
    kind = INTERACTIONS.name if luck.random() < 0.4 else luck.choice(list(ALL_TYPES))
    return make(_Workshop(luck, number, name, kind))


class _Workshop:
    """What one body is made with: its luck, its record type, and as many valid records as it needs."""

    def __init__(self, luck: random.Random, number: int, family: str, kind: str) -> None:
        self.luck = luck
        self.number = number
        self.family = family
        self.kind = kind
        self.path = luck.choice(_PATHS) if kind == INTERACTIONS.name else f"/v1/data/{kind}"
        self.sure: dict[int, str] = {}

    def records(self, most: int = 20) -> list[Record]:
        """Valid records, each noted as sure by its place."""
        made = [self.record(self.kind) for _ in range(self.luck.randint(1, most))]
        self.sure = {at: mark for at, (_, mark) in enumerate(made)}
        return [_split(record) for record, _ in made]

    def record(self, kind: str) -> tuple[dict[str, Any], str]:
        """A valid record, and what it can be found by."""
        if kind == INTERACTIONS.name:
            city = f"{self.number}/{self.luck.getrandbits(40):x}"
            extra = {"platform": "IOS", "country": "Dilmun", "user_id": f"u{self.luck.randrange(2000)}"}
            drawn = {name: value for name, value in extra.items() if self.luck.random() < 0.5}
            return interaction(city=city, **drawn), city
        number = self.luck.randint(1, _NUMBERS)
        record = (full if self.luck.random() < 0.5 else minimal)(kind, number)
        identifier = ALL_TYPES[kind].id_field.name
        return record, record[identifier]

    def spoil(self, records: list[Record], how: Callable[[Record], object]) -> None:
        """Do something to some of the records, which are sure no longer."""
        for at in self.luck.sample(range(len(records)), self.luck.randint(1, len(records))):
            how(records[at])
            self.sure.pop(at, None)

    def body(self, content: bytes, **more: Any) -> Body:
        if self.sure and not _is_json(content):
            self.sure = {}
        return Body(self.number, self.family, self.path, content, sure=self.sure, **more)


def _is_json(content: bytes) -> bool:
    """Whether the body as a whole is JSON; what is no UTF-8, or too large a number, spoils its record only."""
    try:
        document = json.loads(
            content.decode(errors="replace"), parse_int=str, parse_float=str, parse_constant=_refuse
        )
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _split(record: dict[str, Any]) -> Record:
    return [(_encode(name), _encode(value)) for name, value in record.items()]


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _object(record: Record) -> bytes:
    return b"{" + b",".join(name + b":" + value for name, value in record) + b"}"


def _envelope(records: list[bytes]) -> bytes:
    return b'{"records":[' + b",".join(records) + b"]}"


def _plain(shop: _Workshop, most: int = 20) -> bytes:
    return _envelope([_object(record) for record in shop.records(most)])


def good(shop: _Workshop) -> Body:
    """Nothing is wrong with these; now and then they are many."""
    return shop.body(_plain(shop, 200 if shop.luck.random() < 0.05 else 20))


def fields(shop: _Workshop) -> Body:
    """Some records have junk in a field, in the middle of good ones."""
    records = shop.records()

    def junk(record: Record) -> None:
        for _ in range(shop.luck.choice((1, 1, 1, 2, 3, 8))):
            at = shop.luck.randrange(len(record))
            record[at] = record[at][0], _junk(shop.luck)

    shop.spoil(records, junk)
    return shop.body(_envelope([_object(record) for record in records]))


def keys(shop: _Workshop) -> Body:
    """Some records lack fields, or have some twice, under other names, or unheard-of ones."""
    records = shop.records()

    def disturb(record: Record) -> None:
        at = shop.luck.randrange(len(record))
        name, value = record[at]
        match shop.luck.randrange(5):
            case 0:
                del record[at]
            case 1:
                record.append((name, _junk(shop.luck)))
            case 2:
                record[at] = name.upper(), value
            case 3:
                record.append((_junk_text(shop.luck), _junk(shop.luck)))
            case _:
                record.extend((b'"f%d"' % number, b"1") for number in range(shop.luck.choice((1, 10, 1000))))

    shop.spoil(records, disturb)
    return shop.body(_envelope([_object(record) for record in records]))


def shapes(shop: _Workshop) -> Body:
    """Some records are no objects."""
    records = [_object(record) for record in shop.records()]
    for at in shop.luck.sample(range(len(records)), shop.luck.randint(1, len(records))):
        record = records[at]
        records[at] = shop.luck.choice(
            (_junk(shop.luck), b"[" + record + b"]", _encode(record.decode()), b"{}")
        )
        shop.sure.pop(at, None)
    return shop.body(_envelope(records))


def strangers(shop: _Workshop) -> Body:
    """Some records are of another type."""
    records = [_object(record) for record in shop.records()]
    for at in shop.luck.sample(range(len(records)), shop.luck.randint(1, len(records))):
        other, _ = shop.record(shop.luck.choice([kind for kind in ALL_TYPES if kind != shop.kind]))
        records[at] = _encode(other)
        shop.sure.pop(at, None)
    return shop.body(_envelope(records))


def envelopes(shop: _Workshop) -> Body:
    """What is around the records is not as it should be."""
    records = [_object(record) for record in shop.records()]
    shop.sure = {}
    inside = b"[" + b",".join(records) + b"]"
    choices = (
        inside,
        records[0],
        b'{"records":' + records[0] + b"}",
        b'{"records":null}',
        b'{"records":[]}',
        b'{"Records":' + inside + b"}",
        b'{"records":[],"records":' + inside + b"}",
        b'{"records":' + inside + b',"records":[]}',
        b'{"records":' + inside + b',"more":' + _junk(shop.luck) + b"}",
        b'{"records":' + inside + b"}" + shop.luck.choice((b"}", b"\n\n", b"\0", b"null", b"{}")),
        b'{"records":[' + inside + b"]}",
        b'{"records":[' + b",,".join(records) + b"]}",
        b'{"records":[' + b",".join(records) + b",]}",
        _junk(shop.luck),
        b"",
    )
    return shop.body(shop.luck.choice(choices))


def bits(shop: _Workshop) -> Body:
    """A sound body in which bytes went missing, changed, or came twice."""
    content = bytearray(_plain(shop))
    shop.sure = {}
    for _ in range(shop.luck.choice((1, 1, 2, 5))):
        at = shop.luck.randrange(len(content) + 1)
        end = min(len(content), at + shop.luck.randint(1, 40))
        match shop.luck.randrange(6):
            case 0:
                del content[at:]
            case 1:
                del content[at:end]
            case 2:
                content[at:at] = content[at:end]
            case 3:
                content[at:at] = shop.luck.randbytes(shop.luck.randint(1, 8))
            case 4:
                content[at:at] = shop.luck.choice(
                    (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u", b"\0")
                )
            case _:
                for flipped in range(at, min(len(content), at + 1)):
                    content[flipped] ^= 1 << shop.luck.randrange(8)
    return shop.body(bytes(content))


def encodings(shop: _Workshop) -> Body:
    """A sound body in another encoding than UTF-8, or compressed."""
    content = _plain(shop)
    shop.sure = {}
    text = content.decode()
    choices: tuple[Callable[[], bytes], ...] = (
        lambda: text.encode(shop.luck.choice(("utf-16", "utf-16-le", "utf-32", "utf-7"))),
        lambda: text.replace("2", "é").encode("latin-1"),
        lambda: b"\xef\xbb\xbf" + content,
        lambda: gzip.compress(content, mtime=0),
        lambda: content.replace(b"a", b"\xed\xa0\x80"),
        lambda: content.replace(b"e", b"\xc0\xae"),
        lambda: json.dumps(json.loads(content), ensure_ascii=True).encode(),
        lambda: shop.luck.randbytes(shop.luck.randint(1, 2000)),
    )
    return shop.body(shop.luck.choice(choices)())


def headers(shop: _Workshop) -> Body:
    """The body is declared as something, which it may not be."""
    declared: tuple[dict[str, str], ...] = (
        {},
        {"Content-Type": "text/csv"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "APPLICATION/JSON ; q=1"},
        {"Content-Type": "application/vnd.api+json"},
        {"Content-Type": ";;=;"},
        {**JSON, "Content-Encoding": "gzip"},
        {**JSON, "Expect": "miracles"},
        {**JSON, "X-Request-Id": "mine"},
        {**JSON, "X-Long": "x" * 7000},
    )
    content = _plain(shop)
    shop.sure = {}
    return shop.body(content, headers=shop.luck.choice(declared))


def wire(shop: _Workshop) -> Body:
    """The body comes in pieces, or never ends."""
    framing = shop.luck.choice(("chunked", "chunked", "slowly", "broken chunks", "cut"))
    content = _plain(shop)
    if framing not in ("chunked", "slowly"):
        shop.sure = {}
    return shop.body(content, framing=framing)


def large(shop: _Workshop) -> Body:
    """More than a request may have of something, or just as much."""
    [record, *_] = [_object(record) for record in shop.records(1)]
    shop.sure = {}
    choices: tuple[Callable[[], bytes], ...] = (
        lambda: _envelope([record] * MAX_RECORDS),
        lambda: _envelope([record] * (MAX_RECORDS + 1)),
        lambda: _envelope([b"{}"] * MAX_RECORDS),
        lambda: _envelope([b'{"name":"' + b"x" * MEBIBYTE + b'"}']),
        lambda: _envelope([b'{"' + b"x" * MEBIBYTE + b'":1}', record]),
        lambda: b'{"records":' * 100_000,
        lambda: b"[" * MEBIBYTE,
        lambda: _envelope([b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"]),
        lambda: _envelope([b'{"value":' + b"9" * MEBIBYTE + b"}"]),
        lambda: b" " * (17 * MEBIBYTE),
    )
    return shop.body(shop.luck.choice(choices)())


def single(shop: _Workshop) -> Body:
    """One interaction without an envelope, sound or with junk in a field."""
    shop.kind, shop.path = INTERACTIONS.name, shop.luck.choice(_PATHS)
    [record] = shop.records(1)
    if shop.luck.random() < 0.7:
        shop.spoil([record], lambda one: one.append((shop.luck.choice(one)[0], _junk(shop.luck))))
    return shop.body(_object(record))


_FAMILIES: dict[str, Callable[[_Workshop], Body]] = {
    made.__name__: made
    for made in (
        good,
        fields,
        keys,
        shapes,
        strangers,
        envelopes,
        bits,
        encodings,
        headers,
        wire,
        large,
        single,
    )
}
_WEIGHTS = {
    "good": 8,
    "fields": 28,
    "keys": 9,
    "shapes": 6,
    "strangers": 5,
    "envelopes": 7,
    "bits": 18,
    "encodings": 5,
    "headers": 3,
    "wire": 2.8,
    "large": 0.2,
    "single": 8,
}

_TOKENS = (
    *(b"null", b"true", b"false", b"0", b"-0", b"-1", b"1", b"0.1", b"1e-400", b"1e15", b"1e16", b"1e308"),
    *(
        b"1e400",
        b"-1e400",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"nil",
        b"undefined",
        b"0x10",
        b"01",
        b".5",
        b"5.",
    ),
    *(b"9" * digits for digits in (10, 13, 16, 17, 18, 19, 20, 25, 310, 5000)),
    *(b"[]", b"{}", b"[[]]", b'{"$gt":""}', b'{"id":1}', b"[1,2,3]", b"[null]"),
    *(b"[" * deep + b"]" * deep for deep in (50, 1100, 5000)),
    *(b'{"a":' * deep + b"1" + b"}" * deep for deep in (50, 1100, 5000)),
)
_TEXTS = (
    *("", " ", "\t", "\N{NO-BREAK SPACE}", "null", "NaN", "0", "-1", "1718035200", "true", "20", "x" * 513),
    *("x" * 512, " x ", "é", "e\u0301", "\N{RIGHT-TO-LEFT OVERRIDE}abc", "\N{ZERO WIDTH JOINER}", "😀" * 200),
    *("\ufeffx", "\uffff", "\x7f", "\x85", "\u2028", "' OR '1'='1", "Robert'); DROP TABLE tags;--", "%s%n"),
    *("<script>alert(1)</script>", "../../etc/passwd", "${7*7}", "{{7*7}}", "=cmd|' /C calc'!A0", "BH,AE"),
    *("2026-02-30T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-06-15", "now"),
    *(
        "0000-01-01T00:00:00Z",
        "2026-06-15T12:00:00",
        "2026-W25-1",
        "20260615T120000Z",
        "24:00",
        "+010000-01-01",
    ),
    *("bh", "XX", "B", "BHR", "Monday", "monday,friday", "Mon", ",", "COBI", "cobi", "SHOP", "shop", "IOS"),
    *(
        an_id("nobody"),
        an_id("nobody").upper(),
        an_id("nobody").replace("-", ""),
        "{" + an_id("nobody") + "}",
    ),
    *(
        an_id("offers"),
        an_id("tags"),
        "urn:uuid:" + an_id("offers"),
        an_id("offers")[:-1],
        "0" * 32,
        "g" * 32,
    ),
)
_RAW_TEXTS = (
    *(
        b'"a\\u0000b"',
        b'"\\ud800"',
        b'"\\udfff\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"a\x00b"',
        b'"a\nb"',
        b'"\\x41"',
    ),
    *(
        b'"\xff\xfe"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\\"',
        b'"\\u12"',
        b"'x'",
        b'"',
    ),
    *(b'"' + b"x" * 10_000 + b'"', b'"' + b"\\u0041" * 600 + b'"'),
)


def _junk(luck: random.Random) -> bytes:
    """A JSON value that is rarely what a field wants, and rarely no JSON at all."""
    return luck.choice(_TOKENS) if luck.random() < 0.4 else _junk_text(luck)


def _junk_text(luck: random.Random) -> bytes:
    return _encode(luck.choice(_TEXTS)) if luck.random() < 0.75 else luck.choice(_RAW_TEXTS)
