"""The table of operations."""

from __future__ import annotations

from cobi.api.openapi.answers import page_of, record_in_answers
from cobi.api.openapi.arrivals import arrival_paths
from cobi.api.openapi.catalogue import catalogue_paths
from cobi.api.openapi.evaluations import evaluation_paths
from cobi.api.openapi.experiment_paths import experiment_paths, settings_paths
from cobi.api.openapi.headers import ANSWERED, RETRY
from cobi.api.openapi.keys import key_to_make, rotation
from cobi.api.openapi.models import BOTH, JOB, VERSION, reason, training_order
from cobi.api.openapi.operation import ONCE, operation
from cobi.api.openapi.parameters import (
    AGAINST,
    BY_ITEM,
    CLAIM_FILTERS,
    IDEMPOTENCY_KEY,
    INTERACTION_FILTERS,
    KIND_OF_INTERACTION,
    ONLY_CUSTOMERS,
    PAGING,
    RANKING,
    RECORD_ID,
    REFUSED_FILTERS,
    REPORT_FILTERS,
    REPORT_FORMAT,
    TYPE,
    in_path,
    in_query,
    paging,
)
from cobi.api.openapi.recommendations import positions_to_note
from cobi.api.openapi.schemas import (
    OBJECT,
    UUID,
    Schema,
    array_of,
    reference,
)
from cobi.api.openapi.segments import segment_to_change, segment_to_make, segment_to_preview
from cobi.domain.batch import MAX_RECORDS
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.quarantine import TYPES
from cobi.domain.records import RECORD_TYPES

_BATCH: dict[int, Schema] = {
    200: reference("Batch"),
    207: reference("Batch"),
    400: {"anyOf": [reference("Batch"), reference("Error")]},
}


def paths() -> Schema:
    """What can be asked for, path by path."""
    found = {
        **_data(),
        **_interactions(),
        **arrival_paths(),
        **_quarantine(),
        **_recommendations(),
        **_students(),
        **catalogue_paths(),
        **_segments(),
        **settings_paths(),
        **_reports(),
        **_models(),
        **experiment_paths(),
        **_keys(),
        "/metrics": {"get": _metrics()},
        "/v1/openapi.json": {"get": operation("This document", "", {200: OBJECT})},
        "/health/live": {"get": operation("Whether the process answers", "", {200: reference("Live")})},
        "/health/ready": {"get": _ready()},
    }
    for path, operations in found.items():
        for method, described in operations.items():
            described["operationId"] = _name(method, path)
    return found


def _name(method: str, path: str) -> str:
    """What generated clients call an operation: `getUserInteractionsRecordId`."""
    words = path.removeprefix("/v1").replace("{", "").replace("}", "")
    for mark in "/-_.":
        words = words.replace(mark, " ")
    return method + "".join(word[0].upper() + word[1:] for word in words.split())


def _data() -> Schema:
    any_record = {"anyOf": [record_in_answers(name) for name in TYPES]}
    student = [ONLY_CUSTOMERS, RECORD_ID]
    return {
        "/v1/data": {
            "get": operation(
                "How many records of each type are stored", "ingest", {200: reference("Overview")}
            )
        },
        **{f"/v1/data/{name}": _of_type(name) for name in RECORD_TYPES},
        f"/v1/data/{INTERACTIONS.name}": _all_interactions(),
        "/v1/data/{record_type}/{record_id}": {
            "get": operation("Read a record", "ingest", {200: any_record}, [TYPE, RECORD_ID]),
            "delete": operation("Erase a student", "admin", {200: reference("Erasure")}, student),
        },
        "/v1/data/{record_type}/{record_id}/export": {
            "get": operation("Everything held on a student", "admin", {200: reference("Export")}, student)
        },
        "/v1/erasures": {"get": operation("The receipts of erasures", "admin", {200: reference("Erasures")})},
    }


def _of_type(name: str) -> Schema:
    record = record_in_answers(name)
    return {
        "post": operation(
            "Upload records", "ingest", ONCE | _BATCH, [IDEMPOTENCY_KEY], body=_envelope(record)
        ),
        "get": operation("Page through records", "ingest", {200: page_of(record)}, PAGING),
    }


def _all_interactions() -> Schema:
    interaction = record_in_answers(INTERACTIONS.name)
    sent = {"anyOf": [interaction, _envelope(interaction)]}
    newest_first = "Page through interactions, newest first"
    return {
        "post": operation(
            "Send interactions", "ingest", {**ONCE, **_BATCH, 201: interaction}, [IDEMPOTENCY_KEY], sent
        ),
        "get": operation(
            newest_first, "ingest", {200: page_of(interaction)}, [*INTERACTION_FILTERS, *PAGING]
        ),
    }


def _interactions() -> Schema:
    interaction = record_in_answers(INTERACTIONS.name)
    return {
        "/user-interactions": _all_interactions(),
        "/user-interactions/{record_id}": {
            "get": operation("Read an interaction", "ingest", {200: interaction}, [RECORD_ID])
        },
    }


def _quarantine() -> Schema:
    one = [in_path("quarantine_id", UUID, "The refused record.")]
    dropping = [
        *REFUSED_FILTERS,
        in_query("all", {"type": "boolean", "default": False}, "Without a filter: all of them."),
        in_query("dry_run", {"type": "boolean", "default": False}, "Only count them."),
    ]
    answer, dropped = {200: reference("Retried")}, {200: reference("Dropped")}
    summary = "Try refused records again, mended by rules"
    return {
        "/v1/quarantine": {
            "get": operation(
                "Page through refused records",
                "ingest",
                {200: reference("RefusedPage")},
                [*REFUSED_FILTERS, *PAGING],
            ),
            "delete": operation("Delete refused records", "admin", dropped, dropping),
        },
        "/v1/quarantine/retry": {"post": operation(summary, "ingest", answer, body=reference("Retry"))},
        "/v1/quarantine/{quarantine_id}": {
            "get": operation("Read a refused record", "ingest", {200: reference("Refused")}, one),
            "delete": operation("Delete a refused record", "admin", dropped, one),
        },
    }


def _recommendations() -> Schema:
    one = reference("Recommendation")
    customer, segment = in_path("customer_id", UUID, "The student."), _segment_id()
    with_segments = in_query(
        "includeSegments",
        {"type": "boolean", "default": False},
        "Also one list for each of the student's segments.",
    )
    for_customer = operation(
        "What a student should see",
        "recommend",
        {200: array_of(one)},
        [customer, with_segments, *RANKING],
    )
    for_segment = operation(
        "What a segment's members should see", "recommend", {200: one}, [segment, *RANKING]
    )
    for_offer = operation(
        "What resembles an offer",
        "recommend",
        {200: one},
        [in_path("offer_id", UUID, "The offer."), *RANKING],
    )
    told = operation(
        "A past answer, ranked again with its model, settings and seed",
        "recommend",
        {200: reference("ToldAgain")},
        [
            in_path("recommendation_id", UUID, "The answer."),
            in_query("why_not", UUID, "An item of the ranked type: its rank, and what kept it out."),
        ],
    )
    shown = operation(
        "Report which places of an answer came into view",
        "ingest",
        {200: reference("Viewed")},
        [in_path("recommendation_id", UUID, "The answer.")],
        positions_to_note(),
    )
    return {
        "/v1/recommendations/customers/{customer_id}": {"get": for_customer},
        "/v1/recommendations/segments/{segment_id}": {"get": for_segment},
        "/v1/recommendations/items/{offer_id}": {"get": for_offer},
        "/v1/recommendations/{recommendation_id}": {"get": told},
        "/v1/recommendations/{recommendation_id}/shown": {"post": shown},
    }


def _students() -> Schema:
    one = [in_path("customer_id", UUID, "The student.")]
    wanted = [each for each in RANKING if each["name"] in ("limit", "regions", "exclude")]
    why_not = in_query("why_not", UUID, "An offer: its rank, and what keeps it out.")
    found = operation(
        "Students by an id of theirs, or who was here last",
        "recommend",
        {200: reference("Students")},
        [in_query("id", UUID, "A customer_id or a user_id.")],
    )
    return {
        "/v1/students": {"get": found},
        "/v1/students/{customer_id}": {
            "get": operation("Who a student is", "recommend", {200: reference("Student")}, one)
        },
        "/v1/students/{customer_id}/timeline": {
            "get": operation(
                "What a student did and was shown, newest first",
                "recommend",
                {200: reference("Timeline")},
                [*one, *paging(50, 200)],
            )
        },
        "/v1/students/{customer_id}/recommendations": {
            "get": operation(
                "What a student would be shown now, and why; neither logged nor counted",
                "recommend",
                {200: reference("Glance")},
                [*one, *wanted, why_not],
            )
        },
    }


def _segments() -> Schema:
    segment, one = reference("Segment"), [_segment_id()]
    return {
        "/v1/segments": {
            "post": operation(
                "Make a segment", "admin", {**ONCE, 201: segment}, [IDEMPOTENCY_KEY], segment_to_make()
            ),
            "get": operation(
                "All segments",
                "recommend",
                {200: reference("Segments")},
                [in_query("offers", {"type": "integer", "minimum": 0, "maximum": 10}, "And what they get.")],
            ),
        },
        "/v1/segments/preview": {
            "post": operation(
                "What a rule would come to",
                "admin",
                {200: reference("SegmentPreview")},
                body=segment_to_preview(),
            )
        },
        "/v1/segments/suggestions": {
            "get": operation(
                "Segments found in what students do", "admin", {200: reference("SegmentSuggestions")}
            )
        },
        "/v1/segments/{segment_id}": {
            "get": operation("Read a segment", "recommend", {200: segment}, one),
            "put": operation("Change a segment", "admin", {200: segment}, one, segment_to_change()),
            "delete": operation("Delete a segment", "admin", {200: reference("SegmentDeleted")}, one),
        },
    }


def _reports() -> Schema:
    told = operation(
        "What recommendations led to",
        "report",
        {200: reference("Effectiveness")},
        [*REPORT_FILTERS, REPORT_FORMAT],
    )
    told["responses"]["200"]["content"] |= {
        "text/csv": {"schema": {"type": "string"}},
        "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
    }
    health = operation("What is wrong with the feedback loop itself", "report", {200: reference("Health")})
    kept = operation(
        "Have the doctor look now, and keep what is found for the overview",
        "report",
        {200: reference("Health")},
    )
    first = operation("This week beside the last, and what has changed", "report", {200: reference("Week")})
    return {
        "/v1/overview": {"get": first},
        "/v1/reports/effectiveness": {"get": told},
        "/v1/doctor": {"get": health, "post": kept},
        **_beside_reports(),
    }


def _beside_reports() -> Schema:
    def asked(summary: str, answer: str, *more: Schema) -> Schema:
        return {"get": operation(summary, "report", {200: reference(answer)}, [*REPORT_FILTERS, *more])}

    return {
        "/v1/reports/comparison": asked("A report beside another one", "ReportComparison", AGAINST),
        "/v1/reports/items": asked("What came with shops or tags", "ReportItems", BY_ITEM, PAGING[0]),
        "/v1/reports/effectiveness/answers": asked(
            "Page through the answers behind a report", "ReportAnswers", *PAGING
        ),
        "/v1/reports/effectiveness/interactions": asked(
            "Page through the interactions behind a report",
            "ReportInteractions",
            *KIND_OF_INTERACTION,
            *PAGING,
        ),
        "/v1/reports/claims": {
            "get": operation(
                "Page through the interactions whose claim to come of an answer came to an outcome",
                "report",
                {200: reference("ReportClaims")},
                [*CLAIM_FILTERS, *PAGING],
            )
        },
    }


def _models() -> Schema:
    model = reference("Model")
    promote = operation("Let a version go live", "admin", {200: model}, [VERSION], reason())
    back = operation(
        "Take the live version back for the one before",
        "admin",
        {200: reference("RolledBack")},
        body=reason(),
    )
    for changing in (promote, back):
        changing["requestBody"]["required"] = False
    newest_first = "Page through model versions, newest first"
    return {
        "/v1/models": {"get": operation(newest_first, "report", {200: reference("Models")}, PAGING)},
        "/v1/models/compare": {
            "get": operation(
                "Two model versions side by side", "report", {200: reference("Comparison")}, BOTH
            )
        },
        "/v1/models/{version}": {"get": operation("Read a model version", "report", {200: model}, [VERSION])},
        "/v1/models/{version}/promote": {"post": promote},
        "/v1/models/rollback": {"post": back},
        **_trainings(),
        **evaluation_paths(),
    }


def _trainings() -> Schema:
    job = reference("Training")
    train = operation(
        "Have a model trained by a process of its own", "admin", {202: job}, body=training_order()
    )
    train["requestBody"]["required"] = False
    return {
        "/v1/models/train": {
            "post": train,
            "get": operation("The newest trainings", "report", {200: reference("Trainings")}),
        },
        "/v1/models/train/{job_id}": {
            "get": operation("How far a training is", "report", {200: job}, [JOB]),
            "delete": operation("Cancel a training", "admin", {200: job}, [JOB]),
        },
    }


def _keys() -> Schema:
    key_id = in_path("key_id", {"type": "string"}, "The key's public id.")
    key, made = reference("Key"), reference("NewKey")
    rotate = operation(
        "Make a key's successor; the old one goes on for the overlap",
        "admin",
        {201: made},
        [key_id],
        rotation(),
    )
    rotate["requestBody"]["required"] = False
    return {
        "/v1/keys": {
            "post": operation("Make a key", "admin", {201: made}, body=key_to_make()),
            "get": operation("All keys, without their secrets", "admin", {200: reference("Keys")}),
        },
        "/v1/keys/{key_id}": {"delete": operation("End a key", "admin", {200: key}, [key_id])},
        "/v1/keys/{key_id}/rotate": {"post": rotate},
    }


def _metrics() -> Schema:
    described = operation("Metrics in Prometheus' text format", "admin", {200: OBJECT})
    described["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return described


def _ready() -> Schema:
    ready = reference("Ready")
    described = operation("Whether requests can be worked on", "", {200: ready, 503: ready})
    described["responses"]["503"]["headers"] = {**ANSWERED, **RETRY}
    return described


def _segment_id() -> Schema:
    return in_path("segment_id", UUID, "The segment.")


def _envelope(schema: Schema) -> Schema:
    records = {"type": "array", "minItems": 1, "maxItems": MAX_RECORDS, "items": schema}
    return {"type": "object", "properties": {"records": records}, "required": ["records"]}
