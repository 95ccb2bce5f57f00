"""Requests drawn from the OpenAPI document, valid and invalid, are answered as the document says."""

from __future__ import annotations

from pathlib import Path

from cobi.config.settings import Settings
from tests.acceptance.failing import Start
from tests.acceptance.installation import install
from tests.soak.contract import ALIKE, run


def test_every_answer_passes_every_check_of_schemathesis(tmp_path: Path, start: Start) -> None:
    installation = install(Settings(data=tmp_path))
    server, _ = start(installation)
    ended = run(
        server, installation, tmp_path, 3, 1, ["--exclude-path-regex", f"^/v1/data/({ALIKE})$", "--no-shrink"]
    )
    # Of each body its beginning is enough.
    said = "\n".join(line[:1000] for line in ended.stdout.splitlines())
    assert ended.returncode == 0, said + ended.stderr
