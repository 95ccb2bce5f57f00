"""Sends what schemathesis makes of the OpenAPI document to a real server, and has it check every answer.

python -m tests.soak.contract --examples 500 --database postgresql
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cobi.server.background import Background
from tests.acceptance.installation import PATIENCE, Installation
from tests.soak.contract_hooks import OWN_KEY, SEGMENT
from tests.soak.target import DATABASES, target

ROOT = Path(__file__).parents[2]

ALIKE = "categories|tags|keywords|institutes|courses|shops|branches|shop-[a-z]+|transactions"
"""Record types that are asked for as others are, so that a short run can do without."""


def prepare(server: Background, installation: Installation) -> None:
    """Add what the hooks take for known."""
    segment = {"segment_id": SEGMENT, "name": "everybody", "rule": {}}
    with installation.client(server) as client:
        assert client.post("/v1/segments", json=segment).status_code == 201


def command(url: str, key: str, examples: int, seed: int, *more: str) -> list[str]:
    """All checks, valid and invalid requests, the same ones for the same seed."""
    options = {
        "--header": f"Authorization: Bearer {key}",
        "--mode": "all",
        "--max-examples": str(examples),
        "--seed": str(seed),
        "--generation-database": "none",
        "--suppress-health-check": "all",
        # What hangs is found all the same; what is slow on a busy machine is no fault of the answer.
        "--request-timeout": str(PATIENCE),
    }
    st = Path(sys.executable).with_name("st")
    words = [word for pair in options.items() for word in pair]
    config = ["--config-file", str(ROOT / "tests" / "soak" / "schemathesis.toml")]
    address = f"{url}/v1/openapi.json"
    return [str(st), *config, "run", address, *words, "--continue-on-failure", "--no-color", *more]


def run(
    server: Background,
    installation: Installation,
    work: Path,
    examples: int,
    seed: int,
    more: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis in a directory of its own."""
    prepare(server, installation)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.soak.contract_hooks",
        OWN_KEY: installation.key.split("_")[1],
    }
    return subprocess.run(
        command(server.url, installation.key, examples, seed, *more),
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--examples", type=int, default=500, help="of each operation, valid and invalid")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with target(chosen.database) as (installation, server):
        work = installation.settings.data
        ended = run(server, installation, work, chosen.examples, chosen.seed)
    print(ended.stdout, ended.stderr)
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
