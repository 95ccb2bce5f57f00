"""The organisations of an installation: opens each one's service when first needed, and knows their keys."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from zoneinfo import ZoneInfo

from cobi.config.settings import Settings
from cobi.domain.claims import ClaimRules
from cobi.domain.errors import InvalidRequest, NotFound, Overloaded, StorageUnavailable
from cobi.domain.moments import DAY, SECOND, parse_moment
from cobi.domain.quarantine import Keeping
from cobi.domain.signature import new_signature
from cobi.metrics.metrics import Metrics, Samples
from cobi.service.core import Clock, Core, Rules, system_clock
from cobi.service.keyring import SCOPES, Keyring
from cobi.service.service import Service
from cobi.service.sessions import Sessions
from cobi.store.api_keys import ApiKey, ApiKeys
from cobi.store.control import Organisation
from cobi.store.places import Places, open_places, place_of
from cobi.store.rate_windows import RateWindows
from cobi.store.sessions import SessionRows

__all__ = ["SCOPES", "Registry"]

_LONGEST_NAME = 100

StartWork = Callable[[str, str, bytes, Callable[[str | None], None]], None]
"""Starts the process of a job by its organisation, sort and id, and says when it has ended."""


class Registry:
    """Keys and services; safe to call from several threads."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        metrics: Metrics | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        start_work: StartWork | None = None,
        places: Places | None = None,
    ) -> None:
        self._start_work = start_work
        self._metrics = metrics or Metrics()
        self.settings = settings
        self._clock = clock or _clock_of(settings)
        self._places = places or open_places(settings.data, settings.database_url or None)
        self._control = self._places.control()
        self._services: dict[int, Service] = {}
        self._opening = threading.Lock()
        self.keys = Keyring(ApiKeys(self._control.engine, self._control.counters), self._clock, monotonic)
        self.sessions = Sessions(SessionRows(self._control.engine), self.keys, self._clock)
        self.rates = RateWindows(self._control.counters)

    def create_key(
        self,
        name: str,
        scopes: frozenset[str],
        *,
        label: str | None = None,
        lifetime: int | None = None,
    ) -> str:
        """A new key for an organisation, which is made if it is not there; only its hash is kept."""
        return self.keys.create(self.create(name), scopes, label, lifetime).secret

    def create(self, name: str) -> Organisation:
        """The organisation of that name, made if it is not there."""
        name = name.strip()
        if not 0 < len(name) <= _LONGEST_NAME:
            raise InvalidRequest(f"an organisation's name has 1 to {_LONGEST_NAME} characters")
        return self._control.create(name, place_of(name), self.settings.timezone, self._clock())

    def authenticate(self, key: str) -> ApiKey | None:
        """What this key may do; None if nobody knows it."""
        return self.keys.authenticate(key)

    def find(self, name: str) -> Organisation:
        """The organisation of that name; raises NotFound."""
        organisation = self._control.find(name.strip())
        if organisation is None:
            message = f"there is no organisation named {name!r}"
            raise NotFound(
                message, code="unknown_organisation", hint=f"cobi key create --org {name!r} makes it"
            )
        return organisation

    def named(self, name: str) -> Service:
        """The service of an organisation by its name; raises NotFound."""
        return self.of(self.find(name))

    def of(self, organisation: Organisation) -> Service:
        """The service of an organisation."""
        service = self._services.get(organisation.key)
        if service is None:
            with self._opening:
                service = self._services.get(organisation.key) or self._open(organisation)
                self._services[organisation.key] = service
        return service

    def at_hand(self, organisation: Organisation) -> Service | None:
        """The service of an organisation if this process has opened it."""
        return self._services.get(organisation.key)

    def opened(self) -> list[Service]:
        """The services that this process has opened."""
        return list(self._services.values())

    def schema_is_current(self) -> bool:
        """Whether the control database is of this version; raises StorageUnavailable."""
        return self._control.is_current()

    def gauges(self, name: str | None = None) -> Samples:
        """What is stored, in figures: of the organisation of that name, or of all."""
        samples: Samples = {}
        for organisation in self._control.everyone():
            if name is None or organisation.name == name:
                for family, of_one in self.of(organisation).gauges(organisation.name).items():
                    samples.setdefault(family, {}).update(of_one)
        return samples

    def tidy(self) -> None:
        """Have every organisation let go of what it has kept for long enough."""
        for organisation in self._control.everyone():
            # One that cannot be written to is tried again next time.
            with suppress(StorageUnavailable, Overloaded):
                self._tidy(organisation)

    def count(self) -> None:
        """Have the organisations that somebody calls for here count how their items did, where it is time to."""
        for service in list(self._services.values()):
            with suppress(StorageUnavailable, Overloaded):
                service.catalogue.keep_counted()

    def close(self) -> None:
        """Finish waiting writes and let go of all databases."""
        for service in self._services.values():
            service.close()
        self._control.close()

    def _tidy(self, organisation: Organisation) -> None:
        if (service := self.at_hand(organisation)) is not None:
            service.tidy()
            return
        # Nobody has called for it here; it is not kept open for this.
        with closing(self._open(organisation)) as service:
            service.tidy()

    def _open(self, organisation: Organisation) -> Service:
        signature = self._control.signature(organisation, new_signature(self._clock()))
        rules = Rules(
            future_tolerance=int(self.settings.future_tolerance_hours * 3600 * SECOND),
            claims=ClaimRules(int(self.settings.attribution_window_days * DAY), signature),
            keeping=Keeping(
                int(self.settings.quarantine_days * DAY) or None, self.settings.quarantine_records or None
            ),
        )
        meter = self._metrics.of(organisation.name)
        database = self._places.organisation(organisation, meter, self.settings.write_patience_seconds)
        core = Core(database, rules, ZoneInfo(organisation.timezone), self._clock, meter)
        start = self._start_work
        return Service(core, start_work=None if start is None else partial(start, organisation.name))


def _clock_of(settings: Settings) -> Clock:
    moment = parse_moment(settings.now) if settings.now else None
    return system_clock if moment is None else lambda: moment
