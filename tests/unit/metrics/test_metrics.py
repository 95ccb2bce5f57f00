"""What is counted in any process is shown by every process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cobi.metrics.families import ANSWERS, COMMIT_JOBS, FAMILIES, WRITES_WAITING
from cobi.metrics.metrics import Metrics
from cobi.metrics.sheet import SIZE, Sheet, read
from cobi.metrics.text import render

NOBODY = 2**22 + 1  # no process has a number so high
AMOUNTS = st.lists(st.tuples(st.text(), st.integers(1, 1000)))


@given(AMOUNTS)
def test_a_sheet_gives_back_the_sum_under_every_name(amounts: list[tuple[str, int]]) -> None:
    sheet, sums = Sheet(bytearray(SIZE)), {}
    for name, amount in amounts:
        sheet.add(f"n{name}".encode(), 1, [(0, amount)])
        sums[f"n{name}"] = sums.get(f"n{name}", 0) + amount
    assert {name.decode(): numbers[0] for name, numbers in read(sheet.buffer)} == sums


def test_names_that_no_longer_fit_are_not_counted_and_do_no_harm() -> None:
    sheet = Sheet(bytearray(64))
    for name in (b"first", b"second", b"third", b"first"):
        sheet.add(name, 1, [(0, 1)])
    assert dict(read(sheet.buffer)) == {b"first": (2.0,), b"second": (1.0,)}


def test_every_process_shows_the_sum_of_all(tmp_path: Path) -> None:
    one, other = Metrics(tmp_path), Metrics(tmp_path)
    one.of("campus").count(ANSWERS, "SELF", amount=2)
    other.of("campus").count(ANSWERS, "SELF")
    for metrics in (one, other):
        assert metrics.collect() == {ANSWERS: {("campus", "SELF"): (3.0,)}}


def test_a_process_that_ended_leaves_its_counts_but_not_its_gauges(tmp_path: Path) -> None:
    ended = Metrics(tmp_path)
    ended.of("campus").count(ANSWERS, "SELF")
    ended.of("campus").set(WRITES_WAITING, value=7)
    path = ended._sheet.path
    assert path is not None
    path.rename(path.with_name(f"{NOBODY}-x.sheet"))
    assert Metrics(tmp_path).collect() == {ANSWERS: {("campus", "SELF"): (1.0,)}}


def test_a_killed_process_had_already_shared_what_it_counted(tmp_path: Path) -> None:
    program = (
        "import os; from pathlib import Path; from cobi.metrics.metrics import Metrics; "
        "from cobi.metrics.families import ANSWERS; "
        f"Metrics(Path({str(tmp_path)!r})).of('campus').count(ANSWERS, 'SELF'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program], check=False, env={**os.environ, "PYTHONPATH": "."})
    assert Metrics(tmp_path).collect() == {ANSWERS: {("campus", "SELF"): (1.0,)}}


@given(st.lists(st.floats(0, 500), min_size=1))
def test_a_histogram_counts_each_value_in_the_buckets_at_or_above_it(values: Sequence[float]) -> None:
    metrics = Metrics()
    for value in values:
        metrics.of("campus").observe(COMMIT_JOBS, value=value)
    text = render(metrics.collect())
    for bound, count in re.findall(r'_bucket{organisation="campus",le="(.+?)"} (\d+)', text):
        assert int(count) == sum(value <= float(bound) for value in values)
    assert f'cobi_commit_jobs_count{{organisation="campus"}} {len(values)}\n' in text


def test_the_text_is_prometheus_own_format() -> None:
    metrics = Metrics()
    metrics.of('a "b"\\\n').count(ANSWERS, "SELF")
    assert render(metrics.collect()) == (
        "# HELP cobi_answers_total Recommendations answered and logged.\n"
        "# TYPE cobi_answers_total counter\n"
        'cobi_answers_total{organisation="a \\"b\\"\\\\\\n",type="SELF"} 1\n'
    )


def test_one_organisation_is_shown_nothing_of_another() -> None:
    metrics = Metrics()
    for name in ("campus", "other", ""):
        metrics.of(name).count(ANSWERS, "SELF")
    assert re.findall('organisation="(.*?)"', render(metrics.collect(), "campus")) == ["campus"]


def test_counters_and_only_they_are_called_total() -> None:
    for family in FAMILIES:
        assert family.name.endswith("_total") == (family.kind == "counter"), family.name
