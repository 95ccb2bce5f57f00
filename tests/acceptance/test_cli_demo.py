from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import httpx
import msgspec

from cobi.cli import demo
from tests.acceptance.commands import in_a_process


def test_the_demonstration_beats_popularity_leaves_a_past_serves_it_until_stopped_and_can_be_evaluated(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "cobi", "demo", "--students", "600", "--data", str(tmp_path / "demo")]
    # What an environment says of the caller's own installation does not concern it.
    environment = {**os.environ, "COBI_DATA": "/nonexistent/no"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        told = list(takewhile(lambda line: not line.startswith("Cobi answers"), process.stdout))
        beats_popularity("".join(told))
        example = next(line for line in process.stdout if line.startswith("curl"))
        key, url = re.findall(r"'Authorization: Bearer (\S+)' '(\S+)'", example)[0]
        with httpx.Client(
            base_url=url.partition("/v1/")[0], headers={"Authorization": f"Bearer {key}"}
        ) as cobi:
            assert cobi.get(url).json()[0]["offers"]
            tells_a_story(cobi)
        process.send_signal(signal.SIGINT)
        assert "Stopping" in process.stdout.read()
    assert process.returncode == 0
    foretells_new_offers_and_nothing_significantly_worse_than_popularity(tmp_path / "demo")


def beats_popularity(out: str) -> None:
    assert share_of_the_mind_readers_value(out, "Cobi") > share_of_the_mind_readers_value(out, "popularity")
    assert "Cobi's own report" in out


def share_of_the_mind_readers_value(out: str, who: str) -> int:
    """The third figure of the first line: all students, before retraining."""
    found = re.search(rf"(?m)^.* {who} +[\d.]+ +[\d.]+ +(\d+) ", out)
    assert found is not None, out
    return int(found[1])


def tells_a_story(cobi: httpx.Client) -> None:
    overview = cobi.get("/v1/overview").json()
    assert sum(day["answers"] > 0 for day in overview["days"]) > 20
    assert overview["attributed_and_caused"]["counted_until"]
    assert overview["refused_waiting"] > 0
    states = {one["name"]: one["state"] for one in cobi.get("/v1/experiments").json()["experiments"]}
    assert states == {"holdout": "RUNNING", "personal or popular": "STOPPED", "two per shop": "RUNNING"}
    models = cobi.get("/v1/models").json()["models"]
    assert [model["verdict"] is not None for model in models] == [True, False]
    report = cobi.get("/v1/reports/effectiveness").json()
    assert {one["platform"] for one in report["platforms"]} == {"ANDROID", "IOS", "WEB"}
    assert len(report["regions"]) > 1
    assert len(cobi.get("/v1/segments").json()["segments"]) == 4
    assert cobi.get("/v1/settings").json()


def foretells_new_offers_and_nothing_significantly_worse_than_popularity(data: Path) -> None:
    ended = in_a_process("evaluate", "--split", "time:0.2", "--json", COBI_DATA=str(data), COBI_ORG="campus")
    assert ended.code == 0, ended.err
    found = msgspec.json.decode(ended.out)
    assert found["tested"]["students"] > 50
    # What was shown by lists is foretold by whoever made them: the difference in all says little here.
    assert found["cobi_minus"]["popularity"]["ndcg@10"]["high"] > 0
    [days] = [one for one in found["by_age"] if one["from_days"] == 2]
    assert days["methods"]["cobi"]["recall@10"]["low"] > days["methods"]["popularity"]["recall@10"]["value"]
    assert {one["from_events"] for one in found["by_history"]} >= {11, 31}


def test_where_nobody_chose_a_directory_nothing_is_left_of_it() -> None:
    with demo._directory(None) as chosen:
        (chosen / "control.db").touch()
    assert not chosen.exists()


def test_the_demonstration_begins_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    ended = in_a_process("demo", "--exit", "--data", tmp_path)
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"error: {tmp_path} is not empty")
