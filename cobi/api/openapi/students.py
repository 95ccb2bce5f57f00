"""What is told of one student."""

from __future__ import annotations

from cobi.api.openapi.answers import COUNT, TEXT, whole
from cobi.api.openapi.schemas import MOMENT, UUID, Schema, array_of, nullable
from cobi.domain.experiments.experiment import Listing
from cobi.domain.interaction import InteractionType, ItemType, Outcome, Platform
from cobi.domain.recommendation import MAX_LIMIT

_NUMBER: Schema = {"type": "number"}
_POSITION: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
_PLATFORM: Schema = nullable({"type": "string", "enum": list(Platform.__members__)})
_ACT: Schema = {"type": "string", "enum": list(InteractionType.__members__)}
_POLICY: Schema = {"type": "string"}


def student_schemas() -> Schema:
    """What is told, by name."""
    card = _card()
    segment = whole(segment_id=UUID, name=TEXT)
    arm = whole(name=TEXT, arm=TEXT, since=MOMENT)
    return {
        "Students": whole(students=array_of(whole(**card))),
        "Student": whole(**card, segments=array_of(segment), experiments=array_of(arm)),
        "Timeline": whole(records=array_of({"oneOf": _kinds()}), next_cursor=nullable(TEXT)),
        "Glance": _glance(),
    }


def _card() -> dict[str, Schema]:
    texts = dict.fromkeys(("institute", "course", "gender", "birthdate"), nullable(TEXT))
    return {
        "customer_id": UUID,
        "user_id": nullable(UUID),
        "region": TEXT,
        **texts,
        "created": nullable(MOMENT),
        "uploaded": MOMENT,
        "is_deleted": {"type": "boolean"},
    }


def _item(*types: str) -> dict[str, Schema]:
    kind: Schema = {"type": "string", "enum": list(types or ItemType.__members__)}
    return {"item_type": kind, "item_id": nullable(UUID), "name": nullable(TEXT)}


def _kinds() -> list[Schema]:
    place = whole(position=_POSITION, **_item(), viewed={"type": "boolean"}, came_of_it=array_of(_ACT))
    shop, offer = whole(**_item("SHOP")), whole(**_item("OFFER"))
    act = whole(
        **_happened("INTERACTION"),
        interaction_id=UUID,
        interaction_type=_ACT,
        item=whole(**_item()),
        platform=_PLATFORM,
        city=nullable(TEXT),
        outcome=nullable({"type": "string", "enum": list(Outcome.__members__)}),
        recommendation_id=nullable(UUID),
        position=nullable(_POSITION),
    )
    answer = whole(
        **_happened("ANSWER"),
        recommendation_id=UUID,
        type={"type": "string", "enum": ["SELF", "SEGMENT", "SIMILAR"]},
        segment=nullable(TEXT),
        model_version=COUNT,
        policy=_POLICY,
        arm=nullable(TEXT),
        platform=_PLATFORM,
        items=array_of(place),
    )
    bought = whole(
        **_happened("TRANSACTION"),
        transaction_id=UUID,
        shop=shop,
        offer=nullable(offer),
        amount=_NUMBER,
        savings=_NUMBER,
    )
    return [act, answer, bought, whole(**_happened("FAVOURITE"), shop=shop)]


def _happened(kind: str) -> dict[str, Schema]:
    return {"kind": {"type": "string", "enum": [kind]}, "when": MOMENT}


def _glance() -> Schema:
    reasons = array_of(whole(signal=TEXT, contribution=_NUMBER, text=TEXT))
    item = whole(
        position=_POSITION,
        item_id=UUID,
        name=TEXT,
        shop=TEXT,
        score=_NUMBER,
        propensity=_NUMBER,
        reasons=reasons,
    )
    missing = whole(
        item_id=UUID,
        name=TEXT,
        position=nullable(_POSITION),
        score=_NUMBER,
        rank=nullable(COUNT),
        removed_by=array_of(whole(code=TEXT, message=TEXT, what_would_change_it=TEXT)),
        reasons=reasons,
        lowest_score_shown=nullable(_NUMBER),
    )
    told = whole(
        customer_id=UUID,
        as_of=MOMENT,
        model_version=COUNT,
        policy={
            **_POLICY,
            "description": f"Such as ranked, or {Listing.NONE.policy} where no list is shown.",
        },
        arm=nullable(TEXT),
        regions=array_of(TEXT),
        candidates=COUNT,
        items=array_of(item),
    )
    told["properties"]["why_not"] = missing
    return told
