"""`cobi train`: learning a model."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, moment, print_json
from cobi.cli.progress import told_steps
from cobi.domain.moments import format_moment


def train(
    org: Org,
    until: Annotated[
        str | None, Option(help="Learn only from what happened before this moment (ISO 8601).")
    ] = None,
    seed: Annotated[int, Option(help="What chance is drawn from; same data and seed, same model.")] = 0,
    promote: Annotated[
        bool, Option("--promote", help="Let it go live at once, without comparing it with the live model.")
    ] = False,
    incremental: Annotated[
        bool, Option("--incremental", help="Keep the live model's tuning, which takes most of the time.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Learn a model from everything that is stored and compare it with the live one.

    It goes live, and a running server serves it at once, where it is the first, or where the comparison says promote
    and auto_promote allows it.
    """
    from cobi.service.training import Order

    before = moment("until", until)
    with organisation(org, data) as service, told_steps() as tell:
        tell(0.0, "reading what is stored")
        order = Order(before, seed, promote, incremental)
        card = service.training.train_here(order, by="cobi train", progress=tell)
    if as_json:
        print_json(card)
    else:
        _tell(card)


def _tell(card: dict[str, Any]) -> None:
    from cobi.domain.model_state import ModelState

    words = {ModelState.LIVE: "is live", ModelState.FAILED: "cannot be used: its scores are not finite"}
    stands = words.get(ModelState(card["state"]), "is a candidate")
    items = ", ".join(f"{count:,} {name.lower()}s" for name, count in card["items"].items())
    print(f"Model {card['model_version']} {stands}: {card['algorithm']}, seed {card['seed']}")
    print(f"learned from {card['events']:,} events of {card['students']:,} students on {items}")
    if card["data_window"]:
        print("between {} and {}".format(*map(format_moment, card["data_window"])))
    if card.get("decision"):
        decision = card["decision"]
        print(f"Beside the live model: {decision['verdict'].replace('_', ' ')}")
        for reason in decision["reasons"]:
            print(f"  {reason}")
        if card["state"] == ModelState.CANDIDATE:
            print(f"To let it go live all the same: cobi models promote {card['model_version']}")
