"""`cobi models`: the versions of an organisation's model, and which one is live."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from typer import Argument, Exit, Option, Typer

from cobi.cli.model_card import ways, worth
from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, print_json, table
from cobi.domain.model_card import spared

models = Typer(help="Model versions: look at them, let one go live, go back.", no_args_is_help=True)

Version = Annotated[int, Argument(help="The version's number.")]
Reason = Annotated[str, Option(help="Why; kept in the model's history.")]
BY = "cobi models"
_MIB = 1024 * 1024


@models.command("list")
def list_models(
    org: Org,
    limit: Annotated[int, Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List versions, the newest first."""
    with organisation(org, data) as service:
        page = service.models.list(limit)
    if as_json:
        print_json(page)
        return
    made = table(
        "version", "state", "trained", "by", "events", "seconds", "verdict", right=("version", "events")
    )
    for model in page["models"]:
        seconds = "–" if model["seconds"] is None else f"{model['seconds']:.1f}"
        events = "–" if model["events"] is None else f"{model['events']:,}"
        made.add_row(
            str(model["version"]),
            model["state"],
            model["trained"],
            model["trained_by"] or "–",
            events,
            seconds,
            (model["verdict"] or "–").replace("_", " "),
        )
    console().print(made)


@models.command("show")
def show(org: Org, version: Version, as_json: AsJson = False, data: Data = None) -> None:
    """Show what a version learned from, how it did, and what became of it."""
    with organisation(org, data) as service:
        model = service.models.read(version)
    if as_json:
        print_json(model)
        return
    print(
        f"Model {version}: {model['state']}, trained {model['trained']} by {model['trained_by'] or 'nobody known'}"
    )
    if model["data_window"]:
        print("from {from} to {to}".format(**model["data_window"]) + f", {model['events']:,} events")
    if model["peak_memory"]:
        print(f"in {model['seconds']:.1f} s, the process took at most {model['peak_memory'] / _MIB:,.0f} MiB")
    _print_card(model)
    for event in model["history"]:
        print(f"  {event['moment']}  {event['event']} by {event['by']}: {event['reason']}")
    for decision in model["decisions"]:
        print(
            f"  {decision['decided']}  beside version {decision['against']}: {decision['verdict'].replace('_', ' ')}"
        )
        for reason in decision["reasons"]:
            print(f"    {reason}")


@models.command("compare")
def compare(
    org: Org,
    a: Annotated[int, Argument(help="One version.")],
    b: Annotated[int, Argument(help="Another version.")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Put two versions side by side: what their cards differ in, and what came of their answers."""
    with organisation(org, data) as service:
        found = service.models.compare(a, b)
    if as_json:
        print_json(found)
        return
    made = table("what", f"version {a}", f"version {b}")
    for name in ("state", "trained", "events"):
        made.add_row(name, str(found["a"][name]), str(found["b"][name]))
    for name in ("answers", "impressions", "revealed_impressions"):
        made.add_row(
            name, *(str(found[side]["served"][name] if found[side]["served"] else 0) for side in "ab")
        )
    for difference in found["differences"]:
        made.add_row(difference["path"], _short(difference["a"]), _short(difference["b"]))
    console().print(made)


@models.command("promote")
def promote(
    org: Org,
    version: Version,
    reason: Reason = "promoted by hand",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let a version go live; running servers serve it with their next answer."""
    with organisation(org, data) as service:
        model = service.models.promote(version, by=BY, reason=reason)
    _done(model, f"Model {version} is live.", as_json=as_json)


@models.command("rollback")
def rollback(
    org: Org, reason: Reason = "rolled back by hand", as_json: AsJson = False, data: Data = None
) -> None:
    """Let the model before the live one go live again."""
    with organisation(org, data) as service:
        done = service.models.roll_back(by=BY, reason=reason)
    _done(done, f"Model {done['live']} is live again, {done['rolled_back']} was taken back.", as_json=as_json)


@models.command("verify")
def verify(org: Org, version: Version, as_json: AsJson = False, data: Data = None) -> None:
    """Come to the gate's decision about a version again, from what was kept of it; exit code 1 where it differs."""
    with organisation(org, data) as service:
        checks = service.models.verify(version)
    if as_json:
        print_json({"checks": checks})
    else:
        words = {True: "the same", False: "DIFFERENT", None: "gone"}
        for check in checks:
            print(f"{check.what:10} {words[check.holds]:9} {check.said}")
    if any(check.holds is False for check in checks):
        raise Exit(1)


def _print_card(model: dict[str, Any]) -> None:
    """What tuning found: the worth of the whole and of each way."""
    figures, weights = model["figures"], model["card"].get("settings", {}).get("weights", {})
    if (said := worth(figures)) is not None:
        print("\n".join([said, *spared(figures)]))
        console().print(ways(figures, weights))


def _done(answer: dict[str, Any], said: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        print(said, file=sys.stderr)


def _short(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
