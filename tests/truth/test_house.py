"""The pinned files, the Makefile and the checks hold to what they promise."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from checks.budgets import measured
from checks.sources import ROOT
from checks.strays import strays

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
LOCKED = ["runtime", "dev", "reference"]
REFERENCE = (ROOT / "requirements" / "reference.in").read_text()


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.txt").read_text()


@cache
def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^ ]+)", text_of(lock)))


@pytest.mark.parametrize("lock", LOCKED)
def test_every_pin_carries_the_hashes_of_its_files(lock: str) -> None:
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text_of(lock))[1:]
    assert len(blocks) == len(pins(lock))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


@pytest.mark.parametrize("lock", LOCKED)
def test_the_pinned_files_name_no_address_and_no_folder(lock: str) -> None:
    assert not re.search(r"https?:|file:|(?m:^-)|[ =]/", text_of(lock))


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("runtime", PROJECT["project"]["dependencies"] + GROUPS["build"]),
        ("dev", PROJECT["project"]["dependencies"] + GROUPS["build"] + GROUPS["dev"]),
        ("reference", re.findall(r"(?m)^\w.*$", REFERENCE)),
    ],
)
def test_every_declared_dependency_is_pinned_within_its_bounds(lock: str, wanted: list[str]) -> None:
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins(lock)[canonicalize_name(requirement.name)]), requirement


def test_the_checks_and_tests_run_on_the_very_versions_that_cobi_runs_on() -> None:
    assert pins("runtime").items() <= pins("dev").items()


def test_the_build_backend_that_is_pinned_is_the_one_that_builds() -> None:
    assert PROJECT["build-system"]["requires"] == GROUPS["build"]


def test_make_without_a_target_lists_every_target() -> None:
    listed = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True).stdout
    phony = re.search(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())
    assert phony
    assert set(phony[1].split()) == set(re.findall(r"(?m)^  make (\w+)", listed))


@pytest.mark.parametrize(("lines", "noted", "fails"), [(40, 0, 0), (41, 1, 0), (60, 1, 0), (61, 1, 1)])
def test_a_function_past_60_lines_fails_and_past_40_is_noted(lines: int, noted: int, fails: int) -> None:
    sizes = list(measured("cobi/a.py", "async def act():\n" + "    pass\n" * (lines - 1)))
    assert (len(sizes), sum(size.fails for size in sizes)) == (noted, fails)


@pytest.mark.parametrize(("lines", "noted", "fails"), [(300, 0, 0), (301, 1, 0), (500, 1, 0), (501, 1, 1)])
def test_a_file_past_500_lines_fails_and_past_300_is_noted(lines: int, noted: int, fails: int) -> None:
    sizes = list(measured("cobi/a.css", "a {}\n" * lines))
    assert (len(sizes), sum(size.fails for size in sizes)) == (noted, fails)


@pytest.mark.parametrize(
    "stray",
    ["cd /ro" + "ot/cobi", "/ho" + "me/ada/cobi", "https://example.org/sim" + "ple/", "see iss" + "ue #12"],
)
def test_what_belongs_to_one_machine_or_one_day_is_found(stray: str) -> None:
    assert next(strays("docs/page.md", f"first\nthen {stray}")).startswith("docs/page.md:2: ")


@pytest.mark.parametrize(
    "harmless", ["https://example.org/work/hours", "issues a code", "/workers", "./work/x"]
)
def test_ordinary_text_is_not_taken_for_a_stray(harmless: str) -> None:
    assert list(strays("docs/page.md", harmless)) == []


def test_a_file_named_after_no_subject_is_found() -> None:
    assert len(list(strays("cobi/store/ut" + "ils.py", ""))) == 1
