"""API keys: made and shown once, kept as hashes, found again in constant time, rotated and revoked."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cobi.domain.errors import Conflict, InvalidRequest, NotFound, StorageUnavailable
from cobi.domain.fields import FieldProblem, Text
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.store.api_keys import ApiKey, ApiKeys, NewKey
from cobi.store.control import Organisation

SCOPES = ("ingest", "recommend", "report", "admin")
"""What a key may be allowed; admin includes the others."""

DEFAULT_OVERLAP = DAY
"""How long a rotated key goes on beside its successor."""

MOST_REMEMBERED = 10_000
"""How many keys a process remembers, and how many ids that nobody has."""

_PREFIX = "cobi_"
_ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 12
_SECRET_BYTES = 32
_FORM = re.compile(rf"{_PREFIX}(?:([a-z0-9]{{{_ID_LENGTH}}})_)?[A-Za-z0-9_-]{{43}}")
_REMEMBERED_SECONDS = 2.0
_USE_NOTED_EVERY = 3600 * SECOND
_NEVER = (0.0, None)

Remembered = TypeVar("Remembered")


@dataclass(frozen=True)
class Shown:
    """A new key with its secret, which nobody can show again."""

    secret: str = field(repr=False)
    key: ApiKey


class Keyring:
    """All keys of an installation; safe to call from several threads."""

    def __init__(
        self, keys: ApiKeys, clock: Callable[[], int], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._monotonic = monotonic
        # By public id, for so short a time that a revoked key stops within seconds. Ids that nobody has lie apart:
        # whoever makes them up pushes no key out.
        self._remembered: dict[str, tuple[float, ApiKey]] = {}
        self._unknown: dict[str, float] = {}

    def create(
        self,
        organisation: Organisation,
        scopes: frozenset[str],
        label: str | None = None,
        lifetime: int | None = None,
    ) -> Shown:
        """A new key, which ends after its lifetime where it has one."""
        unknown = sorted(scopes - set(SCOPES))
        if unknown or not scopes:
            what = f"there is no scope {unknown[0][:64]!r}" if unknown else "a key needs a scope"
            raise InvalidRequest(what, hint=f"scopes are {', '.join(SCOPES)}")
        secret, new = _make(scopes, _label(label), lifetime)
        return Shown(secret, self._keys.add(organisation, new, self._clock()))

    def list(self, organisation: Organisation) -> list[dict[str, Any]]:
        """An organisation's keys as they are shown, oldest first; those that have ended too."""
        return [self.describe(key) for key in self._keys.of(organisation)]

    def rotate(
        self,
        organisation: Organisation,
        public_id: str,
        overlap: int = DEFAULT_OVERLAP,
        lifetime: int | None = None,
    ) -> Shown:
        """A successor with the same scopes and label; the old key goes on for the overlap, in microseconds."""
        old, now = self._own(organisation, public_id), self._clock()
        if old.ended(now):
            raise Conflict(
                f"key {old.id} has ended already", code="key_ended", hint="create a new key instead"
            )
        secret, new = _make(old.scopes, old.label, lifetime or old.lifetime, replaces=old.id)
        successor = self._keys.succeed(old, new, now + overlap, now)
        self._remembered.pop(old.id, None)
        return Shown(secret, successor)

    def revoke(self, organisation: Organisation, public_id: str) -> dict[str, Any]:
        """End a key: here at once, in every other process within two seconds."""
        revoked = self._keys.revoke(self._own(organisation, public_id), self._clock())
        self._remembered.pop(revoked.id, None)
        return self.describe(revoked)

    def describe(self, key: ApiKey) -> dict[str, Any]:
        """A key as it is shown after it was made: without its secret."""
        return {
            "id": key.id,
            "prefix": f"{_PREFIX}{key.id}",
            "label": key.label,
            "scopes": sorted(key.scopes),
            "status": _status(key, self._clock()),
            "created": format_moment(key.created),
            "expires": _moment(key.expires),
            "revoked": _moment(key.revoked),
            "last_used": _moment(key.last_used),
            "replaces": key.replaces,
        }

    def remembered(self, presented: str) -> ApiKey | None:
        """What this key may do, None if it opens nothing; raises LookupError where the database has to be asked."""
        public_id = _public_id(presented)
        if public_id is None:
            return None
        now = self._monotonic()
        until, found = self._remembered.get(public_id, _NEVER)
        if found is not None and now < until:
            return self._checked(found, presented)
        if now < self._unknown.get(public_id, 0.0):
            return None
        raise LookupError(public_id)

    def authenticate(self, presented: str) -> ApiKey | None:
        """What this key may do; None if nobody knows it, or it has ended."""
        try:
            return self.remembered(presented)
        except LookupError as unread:
            [public_id] = unread.args
        asked = self._monotonic()
        found = self._keys.find(public_id)
        if found is None:
            _remember(self._unknown, public_id, asked + _REMEMBERED_SECONDS)
            return None
        _remember(self._remembered, public_id, (asked + _REMEMBERED_SECONDS, found))
        known = self._checked(found, presented)
        if known is not None:
            self._note_use(known)
        return known

    def _checked(self, found: ApiKey, presented: str) -> ApiKey | None:
        same = hmac.compare_digest(_hash(presented), found.hash)
        return found if same and not found.ended(self._clock()) else None

    def _note_use(self, key: ApiKey) -> None:
        now = self._clock()
        if key.last_used is not None and now - key.last_used < _USE_NOTED_EVERY:
            return
        # Where nothing can be written, keys go on opening what can be read.
        with suppress(StorageUnavailable):
            self._keys.touch(key, now - now % _USE_NOTED_EVERY)

    def _own(self, organisation: Organisation, public_id: str) -> ApiKey:
        """The organisation's key of that id; raises NotFound, for another organisation's key just the same."""
        wanted = public_id.removeprefix(_PREFIX)[:_ID_LENGTH]
        found = self._keys.find(wanted)
        if found is None or found.organisation.key != organisation.key:
            raise NotFound(f"there is no key {wanted!r}", code="unknown_key", hint="list the keys")
        return found


def _make(
    scopes: frozenset[str], label: str | None, lifetime: int | None, replaces: str | None = None
) -> tuple[str, NewKey]:
    public_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    secret = f"{_PREFIX}{public_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return secret, NewKey(public_id, _hash(secret), scopes, label, lifetime, replaces)


def _public_id(presented: str) -> str | None:
    """What a key is known by; None for what cannot be a key."""
    form = _FORM.fullmatch(presented)
    if form is None:
        return None
    # A key made before keys named their id is known by a piece of its hash.
    return form[1] or _hash(presented)[:_ID_LENGTH]


def _remember(place: dict[str, Remembered], public_id: str, what: Remembered) -> None:
    if len(place) >= MOST_REMEMBERED:
        place.clear()
    place[public_id] = what


def _label(label: str | None) -> str | None:
    try:
        return None if label is None else Text().parse(label)
    except FieldProblem as problem:
        raise InvalidRequest(f"label {problem.message}") from None


def _status(key: ApiKey, now: int) -> str:
    if key.revoked is not None:
        return "revoked"
    return "expired" if key.ended(now) else "active"


def _moment(moment: int | None) -> str | None:
    return None if moment is None else format_moment(moment)


def _hash(key: str) -> str:
    """A key has 256 random bits, so a plain hash is enough to keep it secret."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
