from __future__ import annotations

from pathlib import Path

import httpx

from cobi.store.migrate import CONTROL, ORGANISATION, newest
from tests.acceptance.commands import Ended, in_a_process
from tests.acceptance.installation import Installation
from tests.factories import an_id, interaction


def command(installation: Installation, *arguments: object, data: Path | None = None) -> Ended:
    settings = installation.settings
    environment = {"COBI_DATABASE_URL": settings.database_url} if settings.database_url else {}
    return in_a_process(*arguments, "--data", data or settings.data, **environment)


def test_a_running_server_is_backed_up_and_not_overwritten(
    installation: Installation, caller: httpx.Client, tmp_path: Path
) -> None:
    assert caller.post("/user-interactions", json=interaction(city="Muharraq")).status_code == 201
    made = command(installation, "backup", tmp_path / "backup")
    assert (made.code, "campus" in made.out) == (0, True)
    refused = command(installation, "restore", tmp_path / "backup", "--force")
    assert (refused.code, "stop the server" in refused.err) == (2, True)
    if not installation.settings.database_url:
        assert command(installation, "restore", tmp_path / "backup", data=tmp_path / "new").code == 0
        held = command(
            installation, "export-student", an_id("customers"), "--org", "campus", data=tmp_path / "new"
        )
        assert "Muharraq" in held.out


def test_migrating_prints_every_version(installation: Installation) -> None:
    ended = command(installation, "migrate")
    assert (ended.code, ended.out.splitlines()) == (
        0,
        [f"control: {newest(CONTROL)}", f"campus: {newest(ORGANISATION)}"],
    )
