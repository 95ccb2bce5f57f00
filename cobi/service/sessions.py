"""Who is signed in to the dashboard: a secret in the browser stands for the key that it was opened with.

A session ends with its time, with its key, and when its owner signs out; all server processes know of it at once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from cobi.domain.moments import HOUR
from cobi.service.keyring import Keyring
from cobi.store.api_keys import ApiKey
from cobi.store.sessions import SessionRows

LASTS = 24 * HOUR
"""How long somebody stays signed in."""

_SECRET_BYTES = 32
_LONGEST_SECRET = 64


@dataclass(frozen=True)
class SignedIn:
    """A session as its owner's requests show it: its secret, and the key it stands for."""

    secret: str = field(repr=False)
    key: ApiKey

    @property
    def form_token(self) -> str:
        """What a form of this session carries, and one that another site made cannot."""
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()

    def made(self, token: str) -> bool:
        """Whether a form with this token was made for this session."""
        return hmac.compare_digest(token.encode(), self.form_token.encode())


class Sessions:
    """All sessions of an installation; safe to call from several threads."""

    def __init__(self, rows: SessionRows, keys: Keyring, clock: Callable[[], int]) -> None:
        self._rows = rows
        self._keys = keys
        self._clock = clock

    def open(self, presented: str) -> SignedIn | None:
        """A new session of whoever presents a key; None where the key opens nothing."""
        key = self._keys.authenticate(presented)
        if key is None:
            return None
        secret, now = secrets.token_urlsafe(_SECRET_BYTES), self._clock()
        self._rows.add(_hash(secret), key, now, now + LASTS)
        return SignedIn(secret, key)

    def find(self, secret: str) -> SignedIn | None:
        """The session of that secret; None where there is none, or it or its key has ended."""
        if not 0 < len(secret) <= _LONGEST_SECRET:
            return None
        session, now = self._rows.find(_hash(secret)), self._clock()
        if session is None or session.expires <= now or session.key.ended(now):
            return None
        return SignedIn(secret, session.key)

    def close(self, secret: str) -> None:
        """Sign out."""
        self._rows.remove(_hash(secret))


def _hash(secret: str) -> str:
    """A secret has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
