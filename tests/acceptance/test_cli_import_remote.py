"""`cobi import --url`: records to a server, of which this process knows no more than a URL and a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cobi.cli.destinations import Unreachable
from cobi.cli.remote import Server
from cobi.client.client import Client
from cobi.config.settings import Settings
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.records import TAGS
from cobi.server.background import Background, background
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import NOON, bodies, interaction, minimal


@pytest.fixture
def server(settings: Settings, campus: Service) -> Iterator[Background]:
    with background(settings.data, settings={"max_body_bytes": 60_000}) as server:
        yield server


@pytest.fixture
def cobi(
    tmp_path: Path,
    server: Background,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Commands that have no installation of their own."""
    run = runner(tmp_path / "nowhere", monkeypatch, capsys)
    monkeypatch.setenv("COBI_KEY", key)
    return lambda *arguments: run(*arguments, "--url", server.url)


def test_a_server_stores_the_records_of_files_in_requests_it_can_take(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    file = tmp_path / "interactions.jsonl"
    records = [interaction(event_timestamp=NOON // 1000 - number) for number in range(1200)]
    file.write_bytes(b"\n".join(bodies(records)))
    # 1200 records are more bytes than this server takes at once.
    assert "1,200 received, 1,200 stored, 0 unchanged" in cobi("import", INTERACTIONS.name, file).out
    assert "1,200 received, 0 stored, 1,200 unchanged" in cobi("import", INTERACTIONS.name, file).out
    assert campus.overview()["types"][-1]["records"] == 1200


def test_every_refused_record_of_a_server_is_written_down_however_many_there_are(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    file, refused = tmp_path / "tags.jsonl", tmp_path / "refused.jsonl"
    records = [minimal("tags", number, name="" if number % 2 else "fine") for number in range(500)]
    file.write_bytes(b"\n".join([*bodies(records), b"{no", b'{"tag_id":"' + b"x" * 70_000 + b'"}']))
    for _ in range(2):
        ended = cobi("import", "tags", file, "--rejected", refused)
        assert "502 received" in ended.out
        assert "252 rejected" in ended.out
        written = [msgspec.json.decode(line) for line in refused.read_bytes().splitlines()]
        assert [one["line"] for one in written] == [*range(2, 501, 2), 501, 502]
        codes = [one["errors"][0]["code"] for one in written]
        assert codes == ["empty_text"] * 250 + ["malformed_record", "payload_too_large"]
    assert len(campus.read_page(TAGS, 1000, None)["records"]) == 250


def test_an_import_that_loses_its_server_ends_with_code_1_and_goes_on_later(
    cobi: Run, campus: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tags.jsonl"
    file.write_bytes(b"\n".join(bodies(minimal("tags", number) for number in range(5))))
    monkeypatch.setattr("cobi.cli.text_files.BATCH", 2)
    send, count = Server.send, iter(range(1))

    def losing(self: Server, *arguments: Any) -> Any:
        if next(count, None) is None:
            raise Unreachable("gone")
        return send(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "send", losing)
        ended = cobi("import", "tags", file)
    assert (ended.code, ended.out.startswith("tags: 2 received, 1 stored")) == (1, True)
    assert ended.err == "error: gone\nthe same command with --resume goes on from here\n"
    assert "3 received, 3 stored" in cobi("import", "tags", file, "--resume").out


def test_a_key_nobody_knows_ends_the_import(cobi: Run, tmp_path: Path) -> None:
    file = tmp_path / "tags.jsonl"
    file.write_bytes(bodies([minimal("tags")])[0])
    ended = cobi("import", "tags", file, "--key", "wrong")
    assert (ended.code, "401: Invalid or missing API key" in ended.err) == (1, True)


def test_the_client_sends_what_is_json_already(server: Background, key: str) -> None:
    with Client(server.url, key) as client:
        assert client.upload_encoded("tags", bodies([minimal("tags", 7)]))["stored"] == 1
        client.upload_encoded("tags", [b'{"tag_id":"x"}'])
        assert client.refused("tags")["records"][0]["errors"][0]["value"] == "x"
