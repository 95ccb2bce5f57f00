"""`cobi recommend`: what a student would see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from rich.table import Table
from typer import Argument, Option

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, identifier, print_json, table
from cobi.domain.errors import InvalidRequest
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.recommendation import DEFAULT_LIMIT, MAX_LIMIT, Reason, Recommendation, Wanted
from cobi.domain.records import OFFERS, SHOPS
from cobi.domain.regions import REGIONS

if TYPE_CHECKING:
    from cobi.service.service import Service

_REASONS_SHOWN = 3


def recommend(
    customer_id: Annotated[str, Argument(metavar="CUSTOMER_ID", help="The student.")],
    org: Org,
    limit: Annotated[int, Option(min=1, max=MAX_LIMIT, help="How many offers.")] = DEFAULT_LIMIT,
    regions: Annotated[
        str | None, Option(help="Regions such as BH,AE in place of the student's own.")
    ] = None,
    explain: Annotated[bool, Option("--explain", help="Say why: the largest parts of each score.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show what a student should see now, best first; the answer is logged like any other."""
    wanted = Wanted(limit=limit, regions=_regions(regions), explain=explain)
    with organisation(org, data) as service:
        answers = service.recommend(identifier("CUSTOMER_ID", customer_id), wanted)
        if as_json:
            print_json([answer.as_json() for answer in answers])
        else:
            print(f"recommendation {format_id(answers[0].recommendation_id)}")
            console().print(_offers(service, answers[0]))


def _offers(service: Service, answer: Recommendation) -> Table:
    reasons = answer.reasons
    made = table("rank", "offer", "shop", *(["why"] if reasons is not None else []), right=["rank"])
    for rank, item in enumerate(answer.items):
        offer = service.read(OFFERS, item)
        shop = service.read(SHOPS, parse_id(offer["shop_id"]) or b"")
        why = [] if reasons is None else [_in_words(reasons[rank])]
        made.add_row(str(rank + 1), offer["name"], shop["name"], *why)
    return made


def _in_words(reasons: tuple[Reason, ...]) -> str:
    return "\n".join(f"{reason.contribution:+.3f} {reason.text}" for reason in reasons[:_REASONS_SHOWN])


def _regions(text: str | None) -> tuple[str, ...] | None:
    codes = [part.strip().upper() for part in (text or "").split(",") if part.strip()]
    unknown = next((code for code in codes if code not in REGIONS), None)
    if unknown is not None:
        raise InvalidRequest(f"{unknown!r} is not an ISO 3166-1 alpha-2 code", hint="such as --regions BH,AE")
    return tuple(dict.fromkeys(codes)) or None
