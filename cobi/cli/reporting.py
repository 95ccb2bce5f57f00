"""`cobi report`: what recommendations were worth."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from rich.table import Table
from typer import Option, Typer

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, identifier, moment, print_json, table
from cobi.domain.errors import InvalidRequest

reports = Typer(no_args_is_help=True, help="The figures behind the report.")


def report(  # noqa: PLR0913, PLR0917 (each is an option)
    org: Org,
    since: Annotated[str | None, Option("--from", help="From this moment (ISO 8601).")] = None,
    until: Annotated[str | None, Option("--to", help="Before this moment (ISO 8601).")] = None,
    model_version: Annotated[int | None, Option(help="Only this model's answers.", min=0)] = None,
    arm: Annotated[str | None, Option(help="Only this arm of an experiment.")] = None,
    region: Annotated[str | None, Option(help="Only answers for this region.")] = None,
    platform: Annotated[str | None, Option(help="Only what came on this platform.")] = None,
    shop: Annotated[
        str | None, Option(help="Only what came with this shop and its offers, by its id.")
    ] = None,
    tag: Annotated[str | None, Option(help="Only what came with this tag and its shops, by its id.")] = None,
    position: Annotated[int | None, Option(help="Only this place of the lists.", min=1)] = None,
    as_csv: Annotated[bool, Option("--csv", help="Print CSV.")] = False,
    as_parquet: Annotated[
        Path | None, Option("--parquet", help="Write the table of --csv to this file.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Report what recommendations led to, by model version and day, with 95 % intervals.

    An impression is one item shown.
    """
    from cobi.domain.interaction import Platform
    from cobi.domain.reports import Question

    if platform is not None and platform.upper() not in Platform.__members__:
        raise InvalidRequest(f"--platform must be one of {', '.join(Platform.__members__)}")
    question = Question(
        moment("from", since),
        moment("to", until),
        model_version,
        arm,
        None if region is None else region.upper(),
        None if platform is None else Platform[platform.upper()],
        None if shop is None else identifier("--shop", shop),
        None if tag is None else identifier("--tag", tag),
        position,
    )
    with organisation(org, data) as service:
        if as_csv:
            print(service.reports.effectiveness_table(question), end="")
            return
        if as_parquet is not None:
            _write(as_parquet, service.reports.effectiveness_parquet(question))
            return
        figures = service.reports.effectiveness(question)
    if as_json:
        print_json(figures)
        return
    rows = [*figures["days"], *({**row, "day": "all"} for row in figures["model_versions"])]
    console().print(_effectiveness([*rows, {**figures["total"], "day": "all", "model_version": "all"}]))
    console().print(_outcomes(figures["outcomes"]))
    for doubt in figures["doubts"]:
        print(
            f"* {doubt['since']} to {doubt['until']}: {doubt['code']}{_where(doubt['where'])}. {doubt['what']}"
        )


def _write(path: Path, content: bytes) -> None:
    whole = path.with_name(f".{path.name}.part")
    try:
        whole.write_bytes(content)
        whole.replace(path)
    except OSError as error:
        with suppress(OSError):
            whole.unlink()
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error


@reports.command()
def rebuild(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """Count all figures anew from the rows, and pair purchases with code reveals; writes wait meanwhile."""
    with organisation(org, data) as service:
        done = service.reports.rebuild()
    if as_json:
        print_json(done)
    else:
        print(f"{done['different']} figures were different; {done['conversions']} purchases are conversions")


def _effectiveness(rows: Iterable[dict[str, Any]]) -> Table:
    figures = (
        *("answers", "impressions", "clicked", "revealed", "interactions", "purchases", "savings"),
        *("click-through %", "reveals per 1,000"),
    )
    made = table("day", "model", *figures, right=figures)
    made.columns[0].no_wrap = True
    for row in rows:
        names = ("answers", "impressions", "clicked_impressions", "revealed_impressions")
        events: dict[str, int] = row["attributed"]
        counts = [*(row[name] for name in names), sum(events.values()), row["conversions"], row["savings"]]
        rates = _rate(row["click_through_rate"], 100), _rate(row["code_reveal_rate"], 1000)
        day = f"{row['day']}{'*' if row.get('doubts') else ''}"
        made.add_row(day, str(row["model_version"]), *map(_number, counts), *rates)
    return made


def _outcomes(outcomes: dict[str, int]) -> Table:
    made = table("interactions with source COBI", "count", right=["count"])
    for outcome, count in outcomes.items():
        made.add_row(outcome, f"{count:,}")
    return made


def _where(where: dict[str, str | None]) -> str:
    told = ", ".join(f"{name} {value}" for name, value in where.items())
    return f" ({told})" if told else ""


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


def _rate(rate: dict[str, Any] | None, scale: int) -> str:
    if rate is None or rate["value"] is None:
        return "–"
    return "{:.1f} ({:.1f}–{:.1f})".format(*(scale * rate[name] for name in ("value", "low", "high")))
