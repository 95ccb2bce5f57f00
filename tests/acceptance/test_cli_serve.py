from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from cobi.client.client import Client, ClientError
from cobi.config.settings import Settings
from cobi.domain.errors import Misconfigured
from cobi.domain.records import TAGS
from cobi.server.address import answers, free_port
from cobi.server.background import HOST, LOG, Background, background
from cobi.service.service import Service
from tests.acceptance.commands import in_a_process
from tests.acceptance.waiting import until
from tests.factories import an_id, interaction, minimal

SOON = 20
"""Seconds; a worker that does not hear that it is to stop is killed after sixty."""


def test_a_server_answers_with_what_commands_stored_and_ends_with_code_0(
    settings: Settings, campus: Service, key: str
) -> None:
    with background(settings.data, settings={"workers": 2, "log_level": "warning"}) as server:
        with Client(server.url, key) as client:
            assert client.recommend(an_id("customers"))[0]["offers"] == [an_id("offers")]
        assert server.stop() == 0
    assert (settings.data / LOG).read_text() == f"Cobi answers at {server.url}\n"


def test_a_server_loads_nothing_that_learns() -> None:
    loaded = "import sys, cobi.server.serve; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert "cobi.recommenders.model" in (modules := set(ended.stdout.split()))
    assert not modules & {"cobi.recommenders.blend", "cobi.recommenders.search", "scipy.optimize"}


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="workers are found where Linux lists processes"
)
def test_a_server_that_is_stopped_while_its_workers_start_ends_at_once(settings: Settings) -> None:
    command = [sys.executable, "-m", "cobi", "serve", "--data", settings.data, "--port", str(free_port(HOST))]
    silent = subprocess.DEVNULL
    server = subprocess.Popen(command, env={**os.environ, "COBI_WORKERS": "2"}, stdout=silent, stderr=silent)
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    until(lambda: len(children.read_text().split()) >= 2)
    server.terminate()
    assert server.wait(SOON) == 0


def test_a_taken_port_is_said_before_anything_starts(settings: Settings) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        ended = in_a_process("serve", "--data", settings.data, "--port", port)
    assert ended.code == 2
    assert ended.err.startswith(f"error: cannot listen at http://127.0.0.1:{port}: Address already in use")


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("prot = 1")
    with pytest.raises(Misconfigured, match="has no setting 'prot'"), background(tmp_path):
        pass


def test_what_is_acknowledged_while_the_server_stops_is_stored(
    settings: Settings, campus: Service, key: str
) -> None:
    with background(settings.data) as server, Client(server.url, key) as client:
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(upload, client, number) for number in range(400)]
            sent[20].result()
            assert server.stop() == 0
        acknowledged = {number for number, future in enumerate(sent) if future.result()}
    assert len(acknowledged) >= 20
    stored = {record["tag_id"] for record in campus.read_page(TAGS, 1000, None)["records"]}
    assert {an_id("tags", 100 + number) for number in acknowledged} <= stored


def upload(client: Client, number: int) -> bool:
    try:
        return client.upload("tags", [minimal("tags", 100 + number)])["stored"] == 1
    except httpx.HTTPError:
        return False


def test_workers_end_with_a_parent_that_was_killed(settings: Settings) -> None:
    with background(settings.data) as server:
        children = worker_pids(server)
        assert children
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        # Until they are gone it could be one of them that answers.
        until(lambda: not answers(HOST, port_of(server)))
        with background(settings.data, port=port_of(server)) as second:
            assert httpx.get(f"{second.url}/health/live").status_code == 200


def worker_pids(server: Background) -> list[int]:
    listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def port_of(server: Background) -> int:
    return httpx.URL(server.url).port or 0


def test_the_client_raises_what_the_api_refuses(settings: Settings, campus: Service, key: str) -> None:
    with background(settings.data) as server:
        with Client(server.url, key) as client:
            rejected = client.upload("tags", [{"tag_id": "x"}])
            assert (rejected["rejected"], rejected["errors"][0]["code"]) == (1, "malformed_id")
            assert client.interact([{}])["rejected"] == 1
            segment = client.create_segment("Freshers", {"regions": ["BH"]})
            rule = {"regions": ["AE"]}
            changed = client.change_segment(segment["segment_id"], "Emirates", rule)
            [listed] = client.segments()
            assert (changed["name"], listed["rule"], listed["members"]) == ("Emirates", rule, 0)
            assert client.preview_segment({"regions": ["BH"]})["members"] == 1
            assert client.suggested_segments() == []
            assert client.recommend_segment(segment["segment_id"])["segment_id"] == segment["segment_id"]
            client.delete_segment(segment["segment_id"])
            assert client.segments() == []
            assert client.report(since="2026-01-01")["total"]["answers"] >= 0
            with pytest.raises(ClientError) as unknown:
                client.recommend(an_id("customers", 99))
            assert (unknown.value.status, unknown.value.body["code"]) == (404, "unknown_customer")
            with pytest.raises(ClientError, match="400: records is empty"):
                client.upload("tags", [])
        with Client(server.url, "wrong") as stranger, pytest.raises(ClientError) as refused:
            stranger.segments()
        assert refused.value.status == 401


def test_ctrl_c_ends_a_server_as_well(settings: Settings) -> None:
    command = [sys.executable, "-m", "cobi", "serve", "--data", settings.data, "--port", str(free_port(HOST))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Cobi answers at")
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_a_server_told_another_time_stands_there(settings: Settings, campus: Service, key: str) -> None:
    later = interaction(event_timestamp="2020-01-03T00:00:00Z")
    told = {"now": "2020-01-01T00:00:00Z"}
    with background(settings.data, settings=told) as server, Client(server.url, key) as client:
        assert client.interact([later])["errors"][0]["code"] == "future_timestamp"
