"""Keys: shown once, kept as hashes, scoped, ending, rotated, revoked (contract §1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from cobi.api.limits import Limiter, Quota
from cobi.config.settings import Settings
from cobi.domain.errors import Conflict, InvalidRequest, NotFound, StorageUnavailable
from cobi.domain.moments import DAY
from cobi.service import keyring
from cobi.service.keyring import Shown
from cobi.service.registry import Registry
from cobi.store.api_keys import ApiKey, ApiKeys
from cobi.store.control import Organisation, api_keys, metadata
from cobi.store.migrate import CONTROL, upgrade_to
from cobi.store.places import open_places
from tests.conftest import CAMPUS, SettableClock
from tests.factories import HOUR

INGEST = frozenset({"ingest"})


@dataclass
class Stopwatch:
    """The seconds a process's memory of keys goes by."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def elsewhere(settings: Settings, clock: SettableClock, stopwatch: Stopwatch) -> Iterator[Registry]:
    """Another process of the same installation."""
    other = Registry(settings, clock, monotonic=stopwatch)
    yield other
    other.close()


@pytest.fixture
def organisation(registry: Registry) -> Organisation:
    return registry.find(CAMPUS)


@pytest.fixture
def shown(registry: Registry, organisation: Organisation) -> Shown:
    return registry.keys.create(organisation, INGEST, "importer")


def test_the_control_database_holds_nothing_that_opens_a_door(registry: Registry, shown: Shown) -> None:
    with registry._control.engine.connect() as connection:
        rows = connection.execute(select(api_keys)).all()
    secret = shown.secret.removeprefix(f"cobi_{shown.key.id}_")
    assert len(secret) == 43
    assert secret not in repr(rows)
    assert shown.secret not in repr(shown)


def test_a_key_is_listed_by_its_id_and_never_its_secret(
    registry: Registry, organisation: Organisation, shown: Shown
) -> None:
    listed = registry.keys.list(organisation)[-1]
    assert (listed["id"], listed["label"], listed["scopes"]) == (shown.key.id, "importer", ["ingest"])
    assert shown.secret.startswith(listed["prefix"])
    assert listed["status"] == "active"
    assert shown.key.hash not in repr(listed)


def test_a_key_made_before_keys_named_themselves_goes_on_opening(
    settings: Settings, organisation: Organisation, clock: SettableClock
) -> None:
    secret = "cobi_" + "p" * 43
    control = open_places(settings.data, settings.database_url or None).control()
    with control.engine.execution_options(writing=True).begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        upgrade_to(connection, CONTROL, "0001")
        connection.exec_driver_sql(
            "INSERT INTO organisations (name, place, timezone, created) VALUES ('campus', 'campus', 'UTC', 0)"
        )
        hashed = hashlib.sha256(secret.encode()).hexdigest()
        connection.exec_driver_sql(
            f"INSERT INTO api_keys (organisation_key, hash, scopes, created) VALUES (1, '{hashed}', 'ingest', 0)"
        )
    control.close()
    registry = Registry(settings, clock)
    [listed] = registry.keys.list(registry.find(CAMPUS))
    found = registry.keys.authenticate(secret)
    assert (found and found.id, found and found.scopes) == (listed["id"], INGEST)
    assert registry.keys.authenticate(secret) == registry.keys.remembered(secret)
    successor = registry.keys.rotate(registry.find(CAMPUS), listed["id"], 0)
    assert registry.keys.authenticate(secret) is None
    assert registry.keys.authenticate(successor.secret)
    registry.close()


@pytest.mark.parametrize("place", [0, 4, 5, 16, 17, 18, 40, -1])
def test_a_key_with_one_other_letter_opens_nothing(registry: Registry, shown: Shown, place: int) -> None:
    letters = list(shown.secret)
    letters[place] = "Q" if letters[place] != "Q" else "R"
    registry.keys.authenticate(shown.secret)
    assert registry.keys.authenticate("".join(letters)) is None
    assert registry.keys.authenticate(shown.secret) == registry.keys.remembered(shown.secret)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that the control database is asked for from now on."""
    asked, find = list[str](), ApiKeys.find

    def counted(keys: ApiKeys, public_id: str) -> ApiKey | None:
        asked.append(public_id)
        return find(keys, public_id)

    monkeypatch.setattr(ApiKeys, "find", counted)
    return asked


def test_the_database_is_asked_once_in_two_seconds_for_a_key_known_or_not(
    elsewhere: Registry, stopwatch: Stopwatch, shown: Shown, asked: list[str]
) -> None:
    nobodys = made_up(0)
    forged = shown.secret[:-1] + ("A" if shown.secret[-1] != "A" else "B")
    for _ in range(3):
        opened = [elsewhere.keys.authenticate(key) for key in (nobodys, forged, shown.secret)]
        assert [key is not None for key in opened] == [False, False, True]
    assert asked == [nobodys.split("_")[1], shown.key.id]
    stopwatch.seconds += 2
    assert elsewhere.keys.authenticate(shown.secret)
    assert len(asked) == 3


def test_whoever_makes_keys_up_pushes_no_key_out_and_fills_no_memory(
    elsewhere: Registry, shown: Shown, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "MOST_REMEMBERED", 10)
    elsewhere.keys.authenticate(shown.secret)
    for number in range(25):
        assert elsewhere.keys.authenticate(made_up(number)) is None
    assert len(elsewhere.keys._unknown) <= 10
    assert elsewhere.keys.remembered(shown.secret)


def test_a_key_opens_where_its_use_cannot_be_noted(
    elsewhere: Registry, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(ApiKeys, "touch", full)
    assert elsewhere.keys.authenticate(shown.secret)


def made_up(number: int) -> str:
    return f"cobi_{number:012}_{'x' * 43}"


@pytest.mark.parametrize(
    "key", ["", "cobi_", "cobi_é_x", "\udcff", "cobi_" + "a" * 12 + "_" + "\x00" * 43, "x" * 10**5]
)
def test_what_is_no_key_opens_nothing(registry: Registry, key: str) -> None:
    assert registry.keys.authenticate(key) is None


def test_a_key_ends_at_its_moment_even_where_it_is_remembered(
    registry: Registry, organisation: Organisation, clock: SettableClock
) -> None:
    shown = registry.keys.create(organisation, INGEST, lifetime=90 * DAY)
    clock.advance(90 * DAY - 1)
    assert registry.keys.authenticate(shown.secret) is not None
    clock.advance(1)
    assert registry.keys.authenticate(shown.secret) is None
    assert registry.keys.list(organisation)[-1]["status"] == "expired"


def test_a_revoked_key_ends_here_at_once_and_elsewhere_within_two_seconds(
    registry: Registry, elsewhere: Registry, stopwatch: Stopwatch, organisation: Organisation, shown: Shown
) -> None:
    assert registry.keys.authenticate(shown.secret)
    assert elsewhere.keys.authenticate(shown.secret)
    assert registry.keys.revoke(organisation, shown.key.id)["status"] == "revoked"
    assert registry.keys.authenticate(shown.secret) is None
    stopwatch.seconds += 2
    assert elsewhere.keys.authenticate(shown.secret) is None


def test_revoking_again_keeps_the_first_moment(
    registry: Registry, organisation: Organisation, clock: SettableClock, shown: Shown
) -> None:
    first = registry.keys.revoke(organisation, shown.key.id)
    clock.advance(HOUR)
    assert registry.keys.revoke(organisation, shown.key.id) == first


def test_a_rotated_key_goes_on_for_the_overlap_beside_its_successor(
    registry: Registry, organisation: Organisation, clock: SettableClock, shown: Shown
) -> None:
    successor = registry.keys.rotate(organisation, shown.key.id, 24 * HOUR)
    assert (successor.key.scopes, successor.key.label) == (INGEST, "importer")
    assert successor.key.replaces == shown.key.id
    clock.advance(24 * HOUR - 1)
    assert registry.keys.authenticate(shown.secret)
    clock.advance(1)
    assert registry.keys.authenticate(shown.secret) is None
    assert registry.keys.authenticate(successor.secret)


def test_a_successor_lives_as_long_as_the_first_key_was_made_for(
    registry: Registry, organisation: Organisation, clock: SettableClock
) -> None:
    first = registry.keys.create(organisation, INGEST, lifetime=90 * DAY)
    clock.advance(89 * DAY + 12 * HOUR)
    second = registry.keys.rotate(organisation, first.key.id, 24 * HOUR)
    assert second.key.expires == clock.now + 90 * DAY
    # The overlap does not prolong a key.
    ends = registry.keys.list(organisation)[-2]["expires"]
    assert ends == registry.keys.describe(first.key)["expires"]


def test_an_ended_key_is_not_rotated(registry: Registry, organisation: Organisation, shown: Shown) -> None:
    registry.keys.revoke(organisation, shown.key.id)
    with pytest.raises(Conflict) as refused:
        registry.keys.rotate(organisation, shown.key.id)
    assert refused.value.code == "key_ended"


def test_another_organisations_key_is_as_good_as_none(registry: Registry, shown: Shown) -> None:
    stranger = registry.create("another campus")
    for act in (registry.keys.revoke, registry.keys.rotate):
        with pytest.raises(NotFound) as refused:
            act(stranger, shown.key.id)
        assert refused.value.code == "unknown_key"
    assert registry.keys.list(stranger) == []
    assert registry.keys.authenticate(shown.secret)


@pytest.mark.parametrize("scopes", [set(), {"everything"}, {"ingest", ""}])
def test_a_key_needs_known_scopes(registry: Registry, scopes: set[str]) -> None:
    with pytest.raises(InvalidRequest):
        registry.create_key(CAMPUS, frozenset(scopes))


def test_the_last_use_is_noted_to_the_hour(
    registry: Registry, elsewhere: Registry, organisation: Organisation, clock: SettableClock, shown: Shown
) -> None:
    clock.advance(HOUR // 2)
    registry.keys.authenticate(shown.secret)
    assert registry.keys.list(organisation)[-1]["last_used"] == "2026-06-15T12:00:00Z"
    clock.advance(2 * HOUR)
    elsewhere.keys.authenticate(shown.secret)
    assert registry.keys.list(organisation)[-1]["last_used"] == "2026-06-15T14:00:00Z"


def test_d3_the_processes_of_an_installation_share_one_limit(
    registry: Registry, elsewhere: Registry, shown: Shown
) -> None:
    limiters = [Limiter("data", 50, one.rates.take, lambda: 1020.0) for one in (registry, elsewhere)]
    with ThreadPoolExecutor(8) as pool:
        quotas = list(pool.map(lambda turn: limiters[turn % 2].count(shown.key.key), range(80)))
    assert sum(map(let_through, quotas)) == 50


def test_d3_a_new_minute_begins_anew_and_the_clock_that_is_ahead_decides(
    registry: Registry, shown: Shown
) -> None:
    take = registry.rates.take
    assert take(shown.key.key, "data", 17, 5) == (17, 5)
    assert take(shown.key.key, "recommendations", 17, 1) == (17, 1)
    assert take(shown.key.key, "data", 18, 1) == (18, 1)
    assert take(shown.key.key, "data", 17, 1) == (18, 2)


def test_d3_a_clock_that_was_far_ahead_turns_nobody_away_once_it_is_right_again(
    registry: Registry, shown: Shown
) -> None:
    moments = [60.0 * 10_000]
    limiter = Limiter("data", 1, registry.rates.take, lambda: moments[-1])
    assert let_through(limiter.count(shown.key.key))
    assert not let_through(limiter.count(shown.key.key))
    moments.append(60.0 * 17)
    assert let_through(limiter.count(shown.key.key))
    assert not let_through(limiter.count(shown.key.key))


def let_through(quota: Quota | None) -> bool:
    return quota is not None and quota.remaining >= 0
