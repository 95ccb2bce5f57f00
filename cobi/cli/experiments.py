"""`cobi experiment`: what is tried on whom, and what it caused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from rich.table import Table
from typer import Argument, Option, Typer

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, print_json, table
from cobi.domain.errors import InvalidRequest
from cobi.domain.per_cent import per_cent

experiments = Typer(no_args_is_help=True, help="Experiments and the holdout.")

Name = Annotated[str, Argument(help="The experiment's name.")]


@experiments.command()
def create(  # noqa: PLR0913, PLR0917 (each is an option)
    org: Org,
    plan: Annotated[Path | None, Option(help="A JSON file as POST /v1/experiments takes it.")] = None,
    holdout: Annotated[bool, Option("--holdout", help="Hold students out of recommendations.")] = False,
    share: Annotated[float | None, Option(help="Of a holdout: the share of students; 0.05.")] = None,
    shown: Annotated[str | None, Option("--list", help="Of a holdout: POPULAR or NONE.")] = None,
    start: Annotated[bool, Option("--start", help="Let it run at once.")] = False,
    replace: Annotated[
        bool, Option("--replace", help="Let it run at once, in the place of the one that runs.")
    ] = False,
    data: Data = None,
) -> None:
    """Declare an experiment from a file, or a holdout."""
    document = _document(plan, holdout, share, shown)
    with organisation(org, data) as service:
        print_json(service.experiments.create({**document, "start": start, "replace": replace}))


@experiments.command("list")
def list_all(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """List all experiments."""
    with organisation(org, data) as service:
        found = service.experiments.list()
    if as_json:
        print_json(found)
        return
    made = table("name", "kind", "state", "started", "arms")
    for one in found["experiments"]:
        arms = ", ".join(f"{arm['name']} {per_cent(arm['share'])}" for arm in one["arms"])
        made.add_row(one["name"], one["kind"], one["state"], one["started"] or "–", arms)
    console().print(made)


@experiments.command()
def show(
    org: Org,
    name: Name,
    days: Annotated[bool, Option("--days", help="The main metric day by day.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show what an experiment has found so far; one may look as often as one likes."""
    with organisation(org, data) as service:
        asked = service.experiments.named(name)
        if days:
            _show_days(service.experiments.days(asked), as_json=as_json)
            return
        found = service.experiments.read(asked)
    if as_json:
        print_json(found)
        return
    results = found["results"]
    if results is None:
        print(f"{name} is {found['state']}; nothing has been counted yet")
        return
    print(f"{name} is {found['state']}; counted until {results['counted_until']}")
    for compared in results["comparisons"]:
        print(f"\n{compared['advice']['words']}")
        console().print(_metrics(compared))


@experiments.command()
def start(org: Org, name: Name, data: Data = None) -> None:
    """Let an experiment run from now on."""
    with organisation(org, data) as service:
        service.experiments.start(service.experiments.named(name))
    print(f"{name} is running")


@experiments.command()
def stop(org: Org, name: Name, data: Data = None) -> None:
    """Let an experiment end for good; its figures stay."""
    with organisation(org, data) as service:
        service.experiments.stop(service.experiments.named(name))
    print(f"{name} is stopped")


def _document(plan: Path | None, holdout: bool, share: float | None, shown: str | None) -> dict[str, Any]:
    import msgspec

    if holdout == (plan is not None):
        raise InvalidRequest("give either --plan or --holdout")
    if plan is not None:
        try:
            return msgspec.json.decode(plan.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.MsgspecError) as failure:
            raise InvalidRequest(f"{plan} cannot be read: {failure}") from None
    chosen = {"share": share, "list": shown}
    return {"kind": "HOLDOUT", **{name: value for name, value in chosen.items() if value is not None}}


def _show_days(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for compared in found["comparisons"]:
        decided = compared["decided"]
        when = "not decided yet" if decided is None else f"{decided['finding']} since {decided['day']}"
        print(f"\n{compared['arm']} beside {compared['control']}, {found['metric']}: {when}")
        made = table("day", "finding", "difference", "lift %", right=("difference", "lift %"))
        for one in compared["days"]:
            ends = _interval(one["difference"], 1), _interval(one["lift"], 100)
            made.add_row(one["day"], one["finding"], *ends)
        console().print(made)


def _metrics(compared: dict[str, Any]) -> Table:
    columns = (compared["arm"], compared["control"], "difference", "lift %")
    made = table("metric", "finding", *columns, right=columns)
    for row in compared["metrics"]:
        figures = (_number(row["treated"]), _number(row["control"]))
        made.add_row(
            row["metric"],
            row["finding"],
            *figures,
            _interval(row["difference"], 1),
            _interval(row["lift"], 100),
        )
    return made


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _interval(told: dict[str, float | None], scale: int) -> str:
    values = [told[name] for name in ("value", "low", "high")]
    if any(value is None for value in values):
        return "–"
    return "{:+.4g} ({:+.4g}…{:+.4g})".format(*(scale * (value or 0) for value in values))
