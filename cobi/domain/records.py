"""The fourteen uploaded record types, each declared once (contract §2).

Everything else is made from these declarations: the decoder, the tables, OpenAPI and the reference page.
To add a type, declare it here, place it in RECORD_TYPES after what it refers to, and write one migration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cobi.domain.fields import Boolean, Day, DayList, Field, IdList, Moment, Number, Region, Text
from cobi.domain.identifiers import derived_id, format_id
from cobi.domain.moments import format_moment
from cobi.domain.record_type import Problem, RecordType, identifier, reference

AUDIT = (
    Field("created", Moment(), "When the marketplace made the record."),
    Field(
        "updated", Moment(), "When the marketplace last changed it; the later one wins over an earlier one."
    ),
    Field("is_deleted", Boolean(default=False), "Whether it is gone for the marketplace (a soft delete)."),
)


def _region(meaning: str, *, required: bool = True) -> Field:
    return Field("region", Region(), meaning, required)


def _name(meaning: str) -> Field:
    return Field("name", Text(), meaning, required=True)


def _window_is_ordered(offer: Mapping[str, Any]) -> Problem | None:
    start, end = offer.get("allowed_from"), offer.get("allowed_to")
    if start is None or end is None or start <= end:
        return None
    message = f"allowed_to lies before allowed_from ({format_moment(start)})"
    return Problem("allowed_to", "window_reversed", message, format_moment(end))


def _favourite_id(favourite: Mapping[str, Any]) -> bytes:
    return derived_id("student-favourites", favourite["student_id"], favourite["shop_id"])


SHOPS = RecordType(
    "shops",
    "shop",
    "A merchant that gives discounts.",
    (
        identifier("shop_id", "Identifies the shop."),
        _name("What students call it."),
        _region("Where it sells."),
        Field("is_public", Boolean(default=True), "Whether students may see it; null = public (D13)."),
        *AUDIT,
    ),
)

CATEGORIES = RecordType(
    "categories",
    "category",
    "A broad kind of shop.",
    (
        identifier("category_id", "Identifies the category."),
        _name("Its name."),
        _region("Where it is used; null = everywhere.", required=False),
        *AUDIT,
    ),
)

TAGS = RecordType(
    "tags",
    "tag",
    "A label students filter by.",
    (identifier("tag_id", "Identifies the tag."), _name("Its name."), *AUDIT),
)

KEYWORDS = RecordType(
    "keywords",
    "keyword",
    "A word students search for.",
    (identifier("keyword_id", "Identifies the keyword."), _name("The word."), *AUDIT),
)

INSTITUTES = RecordType(
    "institutes",
    "institute",
    "A university, college or school.",
    (
        identifier("institute_id", "Identifies the institute."),
        _name("Its name."),
        _region("Where it is."),
        *AUDIT,
    ),
)

COURSES = RecordType(
    "courses",
    "course",
    "What a student studies.",
    (identifier("course_id", "Identifies the course."), _name("Its name."), *AUDIT),
)

CUSTOMERS = RecordType(
    "customers",
    "customer",
    "A student of the marketplace.",
    (
        identifier(
            "customer_id", "Identifies the student; interactions and recommendations call it student_id."
        ),
        identifier("user_id", "The pseudonym under which the student's apps send interactions (D20)."),
        _region("Where the student is; the default region of recommendations (D28)."),
        Field("birthdate", Day(), "Day of birth; gives the age."),
        reference("institute_id", "institutes", "Where the student studies.", looked_up=True),
        reference("course_id", "courses", "What the student studies.", looked_up=True),
        Field("gender", Text(), "As the marketplace records it."),
        *AUDIT,
    ),
)

BRANCHES = RecordType(
    "branches",
    "branch",
    "A place where a shop sells.",
    (
        identifier("branch_id", "Identifies the branch."),
        reference("shop_id", "shops", "The shop it belongs to.", required=True),
        _name("Its name."),
        _region("Where it is."),
        Field("latitude", Number(-90, 90), "Degrees north."),
        Field("longitude", Number(-180, 180), "Degrees east."),
        *AUDIT,
    ),
)

OFFERS = RecordType(
    "offers",
    "offer",
    "A discount a shop gives to students: what Cobi recommends.",
    (
        identifier("offer_id", "Identifies the offer."),
        reference("shop_id", "shops", "The shop that gives it.", required=True),
        _name("What students see."),
        Field(
            "type",
            Text(),
            "How the value is meant: percentage, fixed, or the marketplace's own word.",
            required=True,
        ),
        Field("value", Number(above=0), "How much, in the sense of the type.", required=True),
        _region("Where it is given."),
        Field("allowed_from", Moment(), "From when it may be shown (D29)."),
        Field("allowed_to", Moment(), "Until when it may be shown; not before allowed_from."),
        Field("allowed_branches", IdList(), "The branches that honour it; null = all."),
        Field(
            "allowed_days",
            DayList(),
            "The days it may be shown on, in the organisation's time zone; null = all.",
        ),
        Field("is_enabled", Boolean(default=True), "Whether it may be shown; null = enabled (D14)."),
        *AUDIT,
    ),
    invariants=(_window_is_ordered,),
)

SHOP_CATEGORIES = RecordType(
    "shop-categories",
    "shop category",
    "Puts a shop in a category.",
    (
        identifier("shop_category_id", "Identifies the link."),
        reference("shop_id", "shops", "The shop.", required=True),
        reference("category_id", "categories", "The category.", required=True),
        _region("Where it holds."),
        *AUDIT,
    ),
)

SHOP_TAGS = RecordType(
    "shop-tags",
    "shop tag",
    "Gives a shop a tag.",
    (
        identifier("shop_tag_id", "Identifies the link."),
        reference("shop_id", "shops", "The shop.", required=True),
        reference("tag_id", "tags", "The tag.", required=True, looked_up=True),
        *AUDIT,
    ),
)

SHOP_KEYWORDS = RecordType(
    "shop-keywords",
    "shop keyword",
    "Gives a shop a keyword.",
    (
        identifier("shop_keyword_id", "Identifies the link."),
        reference("shop_id", "shops", "The shop.", required=True),
        reference("keyword_id", "keywords", "The keyword.", required=True, looked_up=True),
        *AUDIT,
    ),
)

STUDENT_FAVOURITES = RecordType(
    "student-favourites",
    "student favourite",
    "A shop a student marked as a favourite.",
    (
        identifier(
            "favourite_id",
            "Identifies the favourite; absent: derived from student and shop (D15).",
            required=False,
        ),
        reference("student_id", "customers", "The student.", required=True, looked_up=True),
        reference("shop_id", "shops", "The shop.", required=True),
        *AUDIT,
    ),
    derive_id=_favourite_id,
)

TRANSACTIONS = RecordType(
    "transactions",
    "transaction",
    "A purchase with a discount; `created` is its time (D16).",
    (
        identifier("transaction_id", "Identifies the transaction."),
        reference("shop_id", "shops", "Where it was made.", required=True),
        _region("Where it was made."),
        Field(
            "savings",
            Number(minimum=0),
            "What the student saved, in the marketplace's currency.",
            required=True,
        ),
        Field("amount", Number(above=0), "What the student paid.", required=True),
        reference("student_id", "customers", "Who bought.", looked_up=True),
        reference("offer_id", "offers", "The offer that was used."),
        reference("branch_id", "branches", "The branch it was made in."),
        Field("source", Text(), "The channel: online, in-store, …"),
        Field("discount_name", Text(), "The discount's name at the till."),
        Field("discount_type", Text(), "The discount's type at the till."),
        Field("discount_value", Number(minimum=0), "The discount's value at the till."),
        *AUDIT,
    ),
)

RECORD_TYPES: dict[str, RecordType] = {
    record_type.name: record_type
    for record_type in (
        SHOPS, CATEGORIES, TAGS, KEYWORDS, INSTITUTES, COURSES, CUSTOMERS,
        BRANCHES, OFFERS, SHOP_CATEGORIES, SHOP_TAGS, SHOP_KEYWORDS, STUDENT_FAVOURITES, TRANSACTIONS,
    )
}  # fmt: skip
"""All uploaded types by name, in the order in which they may be uploaded."""


def describe_reference(field: Field, to: str, identifier: bytes) -> Problem:
    """The problem of a reference to a record that is not stored."""
    text = format_id(identifier)
    singular = RECORD_TYPES[to].singular
    return Problem(
        field.name,
        "unknown_reference",
        f"{field.name} {text} is not a known {singular}; upload it first",
        text,
    )
