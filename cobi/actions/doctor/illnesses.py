"""What can be wrong with the feedback loop: how it shows, what it mostly comes of, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.interaction import Outcome


@dataclass(frozen=True)
class Illness:
    """One thing that can be wrong."""

    code: str
    what: str
    cause: str
    remedy: str


@dataclass(frozen=True)
class Share:
    """An illness that shows in the share of claims that come to these outcomes."""

    illness: Illness
    outcomes: tuple[Outcome, ...]
    limit: float


NO_IDS = Illness(
    "no_recommendation_id",
    "Interactions with source COBI come without a recommendation_id.",
    "The app marks what came of a list, but does not keep the list's id until the student acts.",
    "Send back the recommendation_id of the answer that was on the screen.",
)
UNKNOWN_IDS = Illness(
    "unknown_ids",
    "Interactions name answers that nobody knows here, though the ids may well have been given here.",
    "Answers from before a restored backup or another installation's data, or ids cut off and filled up.",
    "Compare the samples with the answers the app received; look whether the database was put back.",
)
FORGED_IDS = Illness(
    "forged_ids",
    "Interactions name answers that cannot have been given here: their ids do not carry this installation's signature.",
    "Ids of another environment (a test system's answers in production), or made up by the app or a robot.",
    "Compare the samples with the answers the app received; send ids as they were answered.",
)
SHARED_IDS = Illness(
    "shared_ids",
    "Students claim answers that were given to others.",
    "A list is cached for everybody, on a device or in a proxy, so that many students act on one answer.",
    "Cache answers for each student, or ask for a segment's list where one list is meant for many.",
)
BEFORE_SERVED = Illness(
    "before_served",
    "Interactions happened before the answer they came of.",
    "Device clocks that are behind, or local times sent as UTC.",
    "Send event_timestamp in UTC, by a clock that was set against the server's.",
)
EXPIRED = Illness(
    "expired",
    "Interactions come of answers older than the attribution window.",
    "The app goes on showing an old list.",
    "Ask for a new list when a student comes back.",
)
NOT_SHOWN = Illness(
    "items_not_shown",
    "Interactions are about items that the answer they name did not show.",
    "The app marks everything on a page as coming of Cobi, or mixes up the ids of two lists.",
    "Send source COBI only for items of that answer, with that answer's id.",
)
SILENT_ANSWERS = Illness(
    "silent_answers",
    "No lists are asked for any more.",
    "The back end no longer asks for recommendations, or asks another installation; its key may have expired.",
    "Look at the back end's errors since that day, and at cobi key list.",
)
SILENT_FEEDBACK = Illness(
    "silent_feedback",
    "Lists are given, and no interaction claims to come of one any more.",
    "The back end no longer passes interactions on, or without source COBI.",
    "Follow one click from an app through the back end to POST /user-interactions.",
)
SILENT_KIND = Illness(
    "silent_interaction_type",
    "One type of interaction with lists comes no more, while others do.",
    "A release of the apps no longer sends it, or sends it without source COBI.",
    "Look at what was released on the day it began; do in an app what should send it.",
)
SILENT_PLATFORM = Illness(
    "silent_platform",
    "A platform that used to send interactions of answers sends none.",
    "A release of the app no longer sends them, or names another platform.",
    "Look at what was released on the day it began.",
)
SILENT_REGION = Illness(
    "silent_region",
    "Lists of a region are shown, and none of their items is ever clicked.",
    "The region's app does not send interactions with source COBI, or does not show the lists.",
    "Follow one answer of that region to the screen and back.",
)
BURST = Illness(
    "burst",
    "Single students or pseudonyms act more often than a person can.",
    "A robot, or an app that sends the same act again with new times.",
    "Look for them among the interactions of that day; keep robots out before they are sent.",
)
AHEAD = Illness(
    "clock_ahead",
    "Interactions are received minutes before they happen.",
    "Device clocks that are ahead, or local times sent as UTC.",
    "Send event_timestamp in UTC, by a clock that was set against the server's.",
)
MIX = Illness(
    "sudden_change",
    "The share of claims that count has changed from one day to the next.",
    "A release changed what is sent as source COBI, or with which id.",
    "Compare the outcomes in the report before and after that day.",
)

SHARES = (
    Share(NO_IDS, (Outcome.MISSING_ID, Outcome.INFERRED), 0.10),
    Share(UNKNOWN_IDS, (Outcome.UNKNOWN_ID,), 0.02),
    Share(FORGED_IDS, (Outcome.FORGED,), 0.02),
    Share(SHARED_IDS, (Outcome.OTHER_STUDENT,), 0.02),
    Share(BEFORE_SERVED, (Outcome.BEFORE_SERVED,), 0.01),
    Share(EXPIRED, (Outcome.EXPIRED,), 0.20),
    Share(NOT_SHOWN, (Outcome.ITEM_NOT_SHOWN,), 0.10),
)
ILLNESSES = (
    *(share.illness for share in SHARES),
    *(SILENT_ANSWERS, SILENT_FEEDBACK, SILENT_PLATFORM, SILENT_REGION, SILENT_KIND),
    *(MIX, BURST, AHEAD),
)
