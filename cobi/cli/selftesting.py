"""`cobi selftest`: whether the measuring tells the truth on this installation."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated

from rich.table import Table
from typer import Exit, Option

from cobi.cli.options import AsJson, Data, console, print_json, table
from cobi.cli.progress import told_steps
from cobi.config.settings import load

if TYPE_CHECKING:
    from cobi.selftest.run import Report


def selftest(
    seed: Annotated[int, Option(min=0, help="Another seed, other simulated marketplaces.")] = 7,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Prove on this installation that its figures can be believed; exits with 1 where one cannot.

    Simulated marketplaces whose truth is known upload, ask, act and read reports in scratch databases of the kind
    that is set, which are gone afterwards. Your data are neither read nor touched. It takes a minute or two.
    """
    from cobi.selftest.run import selftest as run

    # In good order: what was made for it goes.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with told_steps() as tell:
        report = run(load(data), seed, tell)
    if as_json:
        print_json(report.as_json())
    else:
        console().print(_checks(report))
        failed = sum(not check.passed for check in report.checks)
        verdict = f"{failed} FAILED" if failed else "all hold"
        print(f"{len(report.checks)} checks, {verdict}; {report.seconds:.0f} s, in {report.where}")
    if not report.passed:
        raise Exit(1)


def _checks(report: Report) -> Table:
    made = table("", "check", "expected", "observed")
    for check in report.checks:
        style = None if check.passed else "bold red"
        made.add_row(
            "ok" if check.passed else "FAILED", check.check, check.expected, check.observed, style=style
        )
    return made
