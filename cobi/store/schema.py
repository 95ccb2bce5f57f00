"""The tables of one organisation; those of the uploaded types are made from their declarations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from cobi.domain.fields import Field, Reference, Storage
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from cobi.store.columns import Key, Uuid16

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

POSTGRESQL_ONLY = {"only": "postgresql"}
"""Marks what SQLite does without."""

_STORAGE: dict[Storage, TypeEngine[Any] | type[TypeEngine[Any]]] = {
    "uuid": Uuid16,
    "reference": Key,
    "text": Text,
    "real": Float(53),
    "boolean": Boolean,
    "moment": BigInteger,
    "code": SmallInteger,
}


def table_name(record_type: str) -> str:
    """The table of an uploaded type: its name with underscores."""
    return record_type.replace("-", "_")


def _column(field: Field) -> Column[Any]:
    kind = field.kind
    if isinstance(kind, Reference):
        target = ForeignKey(f"{table_name(kind.to)}.key")
        return Column(field.column, Key, target, nullable=not field.required, index=kind.looked_up)
    return Column(field.column, _STORAGE[kind.storage], nullable=not field.required)


def _entity_table(record_type: RecordType) -> Table:
    identifier, *others = record_type.fields
    # The key of an erased student is never given to another one.
    options: dict[str, Any] = {"sqlite_autoincrement": True} if record_type.name == "customers" else {}
    return Table(
        table_name(record_type.name),
        metadata,
        Column("key", Key, Identity(), primary_key=True),
        Column(identifier.column, Uuid16, nullable=False, unique=True),
        *map(_column, others),
        Column("uploaded", BigInteger, nullable=False),
        **options,
    )


ENTITIES: dict[str, Table] = {name: _entity_table(record_type) for name, record_type in RECORD_TYPES.items()}
"""The table of each uploaded type, by the type's name."""

# D20: a pseudonym is looked up among the students at every anonymous interaction.
Index("ix_customers_user_id", ENTITIES["customers"].c.user_id)

# Experiments count a day's purchases; those without a time of their own by when they were uploaded.
Index("ix_transactions_created", ENTITIES["transactions"].c.created, ENTITIES["transactions"].c.uploaded)

visitors = Table(
    "visitors",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("user_id", Text, nullable=False, unique=True),
    # The pseudonym as a UUID where it has the form of one: what a student uploaded later is recognised by.
    Column("identity", Uuid16, nullable=True, index=True),
)
"""The pseudonyms interactions came under (D20)."""

interactions = Table(
    "interactions",
    metadata,
    Column("interaction_id", Uuid16, primary_key=True),
    Column("event_timestamp", BigInteger, nullable=False),
    Column("interaction_type", SmallInteger, nullable=False),
    Column("item_type", SmallInteger, nullable=False),
    Column("item_key", BigInteger, nullable=False),
    # No foreign keys: both were looked up in the same transaction, and a check costs half as much as the row.
    Column("student_key", Key, nullable=True),
    Column("visitor_key", Key, nullable=True),
    Column("platform", SmallInteger, nullable=True),
    Column("city", Text, nullable=True),
    Column("country", Text, nullable=True),
    Column("source", SmallInteger, nullable=True),
    Column("recommendation_id", Uuid16, nullable=True),
    Column("received", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What students did; append-only (D26)."""

# In SQLite `histories` takes their place, which says why.
for column, *further in (("student_key", "event_timestamp"), ("visitor_key",)):
    Index(
        "_".join(["ix_interactions", column, *further]),
        *(interactions.c[name] for name in (column, *further)),
        postgresql_where=interactions.c[column].is_not(None),
        info=POSTGRESQL_ONLY,
    )

history_runs = Table(
    "history_runs",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    # The run that this one is being merged into.
    Column("target", BigInteger, nullable=True),
)
"""The runs of `histories`: those of level 0 took new entries, those above were merged."""

histories = Table(
    "histories",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    # A student's key, or the negative key of a visitor.
    Column("owner", BigInteger, primary_key=True, autoincrement=False),
    Column("interaction_id", Uuid16, primary_key=True),
    sqlite_with_rowid=False,
)
"""An entry for each student and each pseudonym that an interaction names; empty in PostgreSQL."""

segments = Table(
    "segments",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("segment_id", Uuid16, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    # Answers that were given for it still refer to a deleted one.
    Column("deleted", BigInteger, nullable=True),
)
"""Named rules over students; who belongs follows the data."""

_there = segments.c.deleted.is_(None)
Index("uq_segments_name", segments.c.name, unique=True, sqlite_where=_there, postgresql_where=_there)

recommendations = Table(
    "recommendations",
    metadata,
    Column("recommendation_id", Uuid16, primary_key=True),
    Column("served", BigInteger, nullable=False),
    # No foreign keys: both were looked up in the same transaction, and a check costs more than the row.
    Column("student_key", Key, nullable=True),
    Column("segment_key", Key, nullable=True),
    Column("model_version", Key, nullable=False),
    Column("policy", Text, nullable=False),
    # Of an experiment; null is the arm that everybody is in.
    Column("arm", Text, nullable=True),
    # Null is the seed that the id itself gives.
    Column("seed", BigInteger, nullable=True),
    Column("item_type", SmallInteger, nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    # Little-endian columns of the slate, best first: item keys in 4 or 8 bytes each, float32 scores, and float32
    # propensities, none where all are 1.
    Column("items", LargeBinary, nullable=False),
    Column("scores", LargeBinary, nullable=False),
    Column("propensities", LargeBinary, nullable=False),
    # What the ranking hung on besides model and seed; null in answers of a Cobi that did not keep it.
    Column("settings_key", Integer, nullable=True),
    Column("catalogue_revision", Integer, nullable=True),
    # How many events were read.
    Column("history", Integer, nullable=True),
    # Comma-separated; null is everywhere.
    Column("regions", Text, nullable=True),
    Column("page_limit", SmallInteger, nullable=True),
    Column("page_offset", SmallInteger, nullable=True),
    # The answer that holds the page before.
    Column("continues", Uuid16, nullable=True),
    # int64 item keys.
    Column("excluded", LargeBinary, nullable=True),
    # The offer that others are to resemble.
    Column("similar_to", Key, nullable=True),
    Column("platform", SmallInteger, nullable=True),
    Column("city", Text, nullable=True),
    # A bit for each position that came into view, the first position's lowest; and when that was last reported.
    Column("viewed", LargeBinary, nullable=True),
    Column("viewed_at", BigInteger, nullable=True),
    # Answers of a time are found by their ids, which begin with it.
    Index("ix_recommendations_student_key_served", "student_key", "served"),
    sqlite_with_rowid=False,
)
"""Every answer as it was sent (D30): with ten offers some 200 bytes, less where nothing was drawn."""

ranking_settings = Table(
    "ranking_settings",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("document", Text, nullable=False, unique=True),
)
"""The settings that answers were ranked by, each different document once."""

organisation_settings = Table(
    "organisation_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
)
"""What the organisation has chosen for itself, as JSON; what is not there has its default."""

setting_changes = Table(
    "setting_changes",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    # As JSON; null stands for the default.
    Column("before", Text, nullable=True),
    Column("after", Text, nullable=True),
    Column("changed", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)
"""Who chose another value when."""

attributions = Table(
    "attributions",
    metadata,
    Column("interaction_id", Uuid16, ForeignKey("interactions.interaction_id"), primary_key=True),
    Column("outcome", SmallInteger, nullable=False),
    Column("recommendation_id", Uuid16, nullable=True, index=True),
    Column("position", SmallInteger, nullable=True),
    Column("via", SmallInteger, nullable=True),
    Column("classified", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What became of each COBI interaction's claim (contract §5); `position` counts from 1."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("quarantine_id", Uuid16, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    # The same record refused again is counted here, not kept twice; all else is of the last time.
    Column("times", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("index", BigInteger, nullable=False),
    Column("codes", Text, nullable=False),
    Column("errors", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("retried", BigInteger, nullable=True),
    Index("ix_quarantine_type_key", "type", "key"),
    Index("ix_quarantine_received", "received"),
    # A key stands for one record for ever, also when the newest ones are removed.
    sqlite_autoincrement=True,
)
"""Refused records with their bodies and reasons (D6)."""

quarantine_accounts = Table(
    "quarantine_accounts",
    metadata,
    Column("type", Text, primary_key=True),
    Column("codes", Text, primary_key=True),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("waiting", "retried", "dropped", "expired", "overflowed", "erased")
    ),
)
"""How many refused records wait and what became of the others, by type and reasons."""

models = Table(
    "models",
    metadata,
    Column("version", Key, Identity(), primary_key=True),
    Column("trained", BigInteger, nullable=False),
    Column("card", Text, nullable=False),
    # The newest student when it was stored: it can have learned only from these.
    Column("last_student", Key, nullable=True),
    # Since when it should be learned anew, because a student it learned from was erased.
    Column("due", BigInteger, nullable=True),
    Column("state", Text, nullable=False),
    # The version that was live when it was trained.
    Column("parent", Key, nullable=True),
    Column("trained_by", Text, nullable=True),
    # The settings it was asked to learn with, before tuning.
    Column("recipe", Text, nullable=True),
    Column("seconds", Float(53), nullable=True),
    # Of the process that trained it, in bytes.
    Column("peak_memory", BigInteger, nullable=True),
    # The last time it went live, and the last time it ceased to be.
    Column("went_live", BigInteger, nullable=True),
    Column("left_live", BigInteger, nullable=True),
    # When its arrays were let go of.
    Column("pruned", BigInteger, nullable=True),
)
"""Fitted models; exactly one is live once any is there."""

model_arrays = Table(
    "model_arrays",
    metadata,
    Column("version", Key, ForeignKey("models.version"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("dtype", Text, nullable=False),
    Column("shape", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""A model's arrays as raw little-endian bytes, in parts small enough for any driver."""

model_events = Table(
    "model_events",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("version", Key, ForeignKey("models.version"), nullable=False, index=True),
    Column("moment", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""What became of each model: when, by whom and why."""

model_decisions = Table(
    "model_decisions",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("version", Key, ForeignKey("models.version"), nullable=False, index=True),
    Column("against", Key, ForeignKey("models.version"), nullable=False),
    Column("decided", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    # What people read of it, as JSON.
    Column("summary", Text, nullable=False),
    # The bundle's SHA-256, and all it takes to recompute the decision; it names no student.
    Column("digest", Text, nullable=False),
    Column("bundle", LargeBinary, nullable=False),
)
"""What the evidence gate decided, and on what."""


def _job_columns() -> list[Column[Any]]:
    """What is kept of any work for a process of its own."""
    return [
        Column("key", Key, Identity(), primary_key=True),
        Column("job_id", Uuid16, nullable=False, unique=True),
        Column("requested", BigInteger, nullable=False),
        Column("requested_by", Text, nullable=False),
        # What is to be done, as JSON.
        Column("order", Text, nullable=False),
        Column("state", Text, nullable=False, index=True),
        Column("share", Float(53), nullable=False),
        Column("message", Text, nullable=False),
        # When its process last gave a sign of life; the one job that is queued or running is the lease.
        Column("heartbeat", BigInteger, nullable=False),
        Column("host", Text, nullable=True),
        Column("pid", BigInteger, nullable=True),
        Column("started", BigInteger, nullable=True),
        Column("ended", BigInteger, nullable=True),
        # The model that was made, or that was live when it was evaluated.
        Column("version", Key, nullable=True),
        # Why it failed.
        Column("reason", Text, nullable=True),
    ]


training_jobs = Table("training_jobs", metadata, *_job_columns())
"""Trainings that were asked for."""

evaluation_jobs = Table(
    "evaluation_jobs",
    metadata,
    *_job_columns(),
    # What was found, as JSON.
    Column("figures", Text, nullable=True),
)
"""Evaluations that were asked for."""

revisions = Table(
    "revisions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Counters that move with what they name, so that every process knows when to read again."""

erasures = Table(
    "erasures",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("receipt_id", Uuid16, nullable=False, unique=True),
    Column("erased", BigInteger, nullable=False),
    Column("stores", Text, nullable=False),
    Column("models_due", Text, nullable=False),
)
"""Receipts of erasures: how many rows of which table, never whose."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    # What the caller named the request by.
    Column("name", Text, nullable=False, unique=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answered", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_idempotency_keys_answered", "answered"),
    # An erasure looks first at what is there, then at what has come since.
    sqlite_autoincrement=True,
)
"""The answers of requests that came with an Idempotency-Key, for a day."""
