"""`cobi report`: what recommendations were worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from rich.table import Table
from typer import Option

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, moment, print_json, table


def report(
    org: Org,
    since: Annotated[str | None, Option("--from", help="From this moment (ISO 8601).")] = None,
    until: Annotated[str | None, Option("--to", help="Before this moment (ISO 8601).")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Report what recommendations led to, by model version and day, with 95 % intervals.

    An impression is one item shown.
    """
    from cobi.store.effectiveness import Period

    period = Period(moment("from", since), moment("to", until))
    with organisation(org, data) as service:
        figures = service.report(period)
    if as_json:
        print_json(figures)
        return
    rows = [*figures["days"], *({**row, "day": "all"} for row in figures["model_versions"])]
    console().print(_effectiveness([*rows, {**figures["total"], "day": "all", "model_version": "all"}]))
    console().print(_outcomes(figures["outcomes"]))


def _effectiveness(rows: Iterable[dict[str, Any]]) -> Table:
    figures = ("answers", "impressions", "clicked", "revealed", "click-through %", "reveals per 1,000")
    made = table("day", "model", *figures, right=figures)
    made.columns[0].no_wrap = True
    for row in rows:
        counts = (
            row[name] for name in ("answers", "impressions", "clicked_impressions", "revealed_impressions")
        )
        rates = _rate(row["click_through_rate"], 100), _rate(row["code_reveal_rate"], 1000)
        made.add_row(str(row["day"]), str(row["model_version"]), *(f"{count:,}" for count in counts), *rates)
    return made


def _outcomes(outcomes: dict[str, int]) -> Table:
    made = table("interactions with source COBI", "count", right=["count"])
    for outcome, count in outcomes.items():
        made.add_row(outcome, f"{count:,}")
    return made


def _rate(rate: dict[str, Any], scale: int) -> str:
    if rate["value"] is None:
        return "–"
    return "{:.1f} ({:.1f}–{:.1f})".format(*(scale * rate[name] for name in ("value", "low", "high")))
