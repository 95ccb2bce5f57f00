"""`cobi evaluate`: how well what students did is foretold from what they did before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from cobi.cli.evaluation_tables import print_evaluation
from cobi.cli.opening import organisation
from cobi.cli.options import Data, Org, print_json
from cobi.cli.progress import told_steps
from cobi.domain.errors import InvalidRequest
from cobi.domain.evaluation import Plan, Seen, parse_lengths, parse_split
from cobi.domain.interaction import ItemType


def evaluate(  # noqa: PLR0913, PLR0917 (each option of the command is one)
    org: Org,
    k: Annotated[str, Option("--k", help="Lengths of the lists, such as 5,10.")] = "10",
    split: Annotated[
        str | None,
        Option(
            help="What is held back: time:0.2 (the last fifth of all), last (each student's last item), "
            "last:0.2 (each one's last fifth) or random:0.2 (pairs of student and item).",
            show_default="chosen by the data",
        ),
    ] = None,
    seen: Annotated[
        Seen | None,
        Option(help="Items a student had touched before: hide or show.", show_default="chosen by the data"),
    ] = None,
    item_type: Annotated[str, Option(help="What is ranked: OFFER, SHOP, TAG or KEYWORD.")] = "OFFER",
    users: Annotated[
        int | None, Option(min=1, help="Test only so many students, drawn by the seed.", show_default="all")
    ] = None,
    seed: Annotated[int, Option(min=0, help="Same data and seed, same figures.")] = 0,
    output: Annotated[Path | None, Option(help="Write the figures as JSON to this file too.")] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON in place of tables.")] = False,
    data: Data = None,
) -> None:
    """Compare popularity, one hop, Cobi and the live model on interactions held back; nothing is stored.

    Every candidate is ranked for every student tested, none is sampled. Cobi is trained anew on what is not
    held back; the live model is compared only where it learned from nothing of the test.
    """
    plan = Plan(
        parse_lengths(k), parse_split(split) if split else None, seen, _item_type(item_type), users, seed
    )
    if output is not None and not output.resolve().parent.is_dir():
        raise InvalidRequest(f"there is no directory {output.parent}", hint="choose another --output")
    with organisation(org, data) as service, told_steps() as tell:
        tell(0.0, "reading what is stored")
        figures = service.learning.evaluate(plan, progress=tell)
    if output is not None:
        _write(output, figures)
    if as_json:
        print_json(figures)
    else:
        print_evaluation(figures)


def _item_type(text: str) -> ItemType:
    try:
        return ItemType[text.strip().upper()]
    except KeyError:
        known = ", ".join(ItemType.__members__)
        raise InvalidRequest(f"--item-type {text[:64]!r} is not known", hint=f"use one of {known}") from None


def _write(path: Path, figures: dict[str, Any]) -> None:
    import msgspec

    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    except OSError as error:
        raise InvalidRequest(
            f"cannot write {path}: {error.strerror}", hint="choose another --output"
        ) from None
