"""`cobi train`: learning a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, moment, print_json
from cobi.cli.progress import told_steps
from cobi.domain.moments import format_moment

if TYPE_CHECKING:
    from cobi.service.service import Service


def train(
    org: Org,
    until: Annotated[
        str | None, Option(help="Learn only from what happened before this moment (ISO 8601).")
    ] = None,
    seed: Annotated[int, Option(help="What chance is drawn from; same data and seed, same model.")] = 0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Learn a model from everything that is stored and let it go live; a running server serves it at once."""
    before = moment("until", until)
    with organisation(org, data) as service:
        card = learn(service, before, seed)
    if as_json:
        print_json(card)
        return
    items = ", ".join(f"{count:,} {name.lower()}s" for name, count in card["items"].items())
    print(f"Model {card['model_version']} is live: {card['algorithm']}, seed {card['seed']}")
    print(f"learned from {card['events']:,} events of {card['students']:,} students on {items}")
    if card["data_window"]:
        print("between {} and {}".format(*map(format_moment, card["data_window"])))


def learn(service: Service, until: int | None, seed: int) -> dict[str, Any]:
    """Train with a progress bar; answers the model's card."""
    with told_steps() as tell:
        tell(0.0, "reading what is stored")
        return service.models.train(until=until, seed=seed, progress=tell)
