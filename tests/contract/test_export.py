"""What is exported and imported again into an empty organisation is the same data, to the byte."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cobi.cli.destinations import Database
from cobi.cli.export_files import Format, write
from cobi.cli.file_kinds import open_all
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.interaction_record import INTERACTIONS
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.factories import ALL_TYPES, NOON, TYPES, an_id, full, interaction, minimal, upload, upload_all
from tests.strategies import documents, texts

organisations = count()

STUDENTS = st.none() | st.sampled_from([an_id("customers", number) for number in range(3)])
USERS = st.none() | st.just("anybody") | st.sampled_from([an_id("pseudonyms", n) for n in range(5)])


@st.composite
def happenings(draw: st.DrawFn) -> dict[str, Any]:
    item = draw(st.sampled_from(ItemType))
    return interaction(
        event_timestamp=draw(st.integers(NOON - 10_000_000, NOON)),
        item_type=item.name,
        item_id=an_id(ITEM_RECORD_TYPES[item]),
        student_id=draw(STUDENTS),
        user_id=draw(USERS),
        city=draw(st.none() | texts().map(lambda pair: pair[0])),
        source=draw(st.sampled_from([None, "COBI"])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Uploads in which students come late, change their pseudonyms and are deleted."""
    done = [(kind, full(kind, draw(st.integers(0, 2)))) for kind in TYPES]
    done += [(kind, draw(documents(kind))[0]) for kind in TYPES]
    customers = st.builds(
        lambda number, pseudonym, gone: (
            "customers",
            minimal("customers", number, user_id=an_id("pseudonyms", pseudonym), is_deleted=gone),
        ),
        st.integers(0, 2),
        st.integers(0, 4),
        st.booleans(),
    )
    others = st.tuples(st.just(INTERACTIONS.name), happenings())
    return done + draw(st.lists(others | customers, max_size=25))


def exported(service: Service, folder: Path, chosen: Format) -> dict[str, Path]:
    folder.mkdir(parents=True)
    paths = {name: folder / f"{name}.{chosen}" for name in ALL_TYPES}
    with service.snapshot() as snapshot:
        for name, kind in ALL_TYPES.items():
            assert sum(write(paths[name], kind, snapshot.pages(kind), chosen)) == snapshot.count(kind)
    return paths


def imported(service: Service, paths: dict[str, Path]) -> None:
    for name, path in paths.items():
        [file] = open_all([path])
        for batch in file.read(ALL_TYPES[name], 0):
            assert Database("copy", service).send(ALL_TYPES[name], batch.bodies).refusals == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
)
@given(history=histories(), chosen=st.sampled_from(Format))
def test_an_export_imported_into_an_empty_organisation_is_exported_as_the_same_bytes(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory, history: Any, chosen: Format
) -> None:
    number = next(organisations)
    original, copy = (registry.of(registry.create(f"{name} {number}")) for name in ("original", "copy"))
    upload_all(original)
    for kind, record in history:
        upload(original, kind, record)
    folder = tmp_path_factory.mktemp("exports")
    imported(copy, exported(original, folder / "first", chosen))
    first = exported(original, folder / "original", Format.JSONL)
    second = exported(copy, folder / "copy", Format.JSONL)
    for name in ALL_TYPES:
        assert second[name].read_bytes() == first[name].read_bytes(), name


def test_a_record_read_back_and_sent_again_is_unchanged_whatever_its_student_has_become(
    campus: Service,
) -> None:
    pseudonym = an_id("pseudonyms", 1)
    upload(campus, INTERACTIONS.name, interaction(student_id=None, user_id=pseudonym), interaction())
    upload(campus, "customers", minimal("customers", 1))
    with campus.snapshot() as snapshot:
        [page] = snapshot.pages(INTERACTIONS)
    assert {record["student_id"] for record in page} == {an_id("customers"), an_id("customers", 1)}
    for change in ({"is_deleted": False}, {"user_id": an_id("pseudonyms", 2)}, {"is_deleted": True}):
        upload(campus, "customers", minimal("customers", 1, **change))
        again = upload(campus, INTERACTIONS.name, *page)
        assert (again.unchanged, again.rejected) == (2, 0)


def test_an_interaction_id_of_other_content_opens_no_door_to_a_deleted_student(campus: Service) -> None:
    upload(campus, "customers", minimal("customers", is_deleted=True))
    refused = upload(campus, INTERACTIONS.name, interaction(interaction_id=an_id("anything")))
    assert refused.rejections[0].problems[0].code == "unknown_student"


def test_an_export_does_not_see_what_is_stored_while_it_runs(campus: Service) -> None:
    with campus.snapshot() as snapshot:
        assert snapshot.count(INTERACTIONS) == 0
        upload(campus, INTERACTIONS.name, interaction())
        upload(campus, "tags", minimal("tags", 1))
        assert list(snapshot.pages(INTERACTIONS)) == []
        assert [len(page) for page in snapshot.pages(ALL_TYPES["tags"])] == [1]
