"""Segments found in what students do: clusters, named by what sets them apart, each with a rule that tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.segments.naming import names
from cobi.actions.segments.traces import DAYS, FIELDS, Traces, read_traces
from cobi.analytics.clusters import cluster
from cobi.analytics.rule_search import Found, search
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.moments import format_moment
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import When
from cobi.store.database import Connection
from cobi.store.labels import labels

FEWEST_STUDENTS = 30
"""Who did something; of fewer nothing is suggested."""

SMALLEST = 0.01
"""A cluster's least share of them."""

NUMBERS = (2, 3, 4, 5, 6, 8, 10, 12)
_TOLD, _NAMED, _TRIED = 6, 3, 12
_TIMES = (1, 2, 3, 5)
_SEED = 0
_LONG, MAX_NAME = " · ", 100

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class _Signal:
    """Something a rule can speak of: how often each student had to do with an item, or 1 where a field has a value."""

    condition: str
    value: str
    name: str
    counts: FloatArray

    @property
    def is_item(self) -> bool:
        """Whether it is of an item, not of a student's own field."""
        return self.condition not in FIELDS

    def as_rule(self, times: int) -> dict[str, Any]:
        """The rule that holds where the count is at least so much."""
        if not self.is_item:
            return {self.condition: [self.value]}
        return {"did": {self.condition: [self.value], "within_days": DAYS, "at_least": times}}


def suggest(connection: Connection, shelf: Shelf, when: When) -> dict[str, Any]:
    """Clusters of a sample of students, the most told apart first; the same data give the same answer."""
    traces = read_traces(connection, shelf, when)
    active = traces.counts.shape[0]
    found = _clusters(connection, shelf, traces) if active >= FEWEST_STUDENTS else []
    rules = [parse_rule(one["rule"]) for one in found]
    return {
        "counted": format_moment(when.now),
        "students": traces.students,
        "sampled": traces.sampled,
        "active": active,
        "suggestions": sorted(found, key=lambda one: -one["precision"] * one["recall"]),
        "names": names(connection, rules),
    }


def _clusters(connection: Connection, shelf: Shelf, traces: Traces) -> list[dict[str, Any]]:
    # What is usual in a region is no taste: without it, groups would be the regions once more.
    _, region = np.unique([str(record["region"]) for record in traces.records], return_inverse=True)
    clusters = cluster(_weighed(traces.counts), NUMBERS, _SEED, region)
    signals = [*_items(connection, shelf, traces), *_fields(connection, traces)]
    found: list[dict[str, Any]] = []
    for number, stability in enumerate(clusters.stability.tolist()):
        group = clusters.label == number
        if group.mean() >= SMALLEST and len(clusters.stability) > 1:
            found.append({**_described(traces, group, signals), "stability": round(stability, 3)})
    return found


def _weighed(counts: csr_array) -> csr_array:
    """log(1 + count) · log(n / how many have it), each row at length 1; what all have in common says nothing."""
    held = np.maximum((counts > 0).sum(axis=0), 1)
    weight = np.log((1 + counts.shape[0]) / held)
    weighed = counts.copy()
    weighed.data = np.log1p(weighed.data) * weight[weighed.indices]
    length = np.sqrt(weighed.multiply(weighed).sum(axis=1))
    weighed.data /= np.repeat(np.where(length > 0, length, 1.0), np.diff(weighed.indptr))
    return weighed


def _items(connection: Connection, shelf: Shelf, traces: Traces) -> list[_Signal]:
    """A signal for each shop, tag and keyword that at least one in a hundred of the students met."""
    columns, catalogue, found = traces.counts.tocsc(), shelf.catalogue, list[_Signal]()
    met = np.flatnonzero(np.diff(columns.indptr) >= SMALLEST * traces.counts.shape[0])
    for item_type in (ItemType.SHOP, ItemType.TAG, ItemType.KEYWORD):
        condition = ITEM_RECORD_TYPES[item_type]
        own = met[catalogue.item_type[met] == item_type]
        called = labels(connection, condition, catalogue.item_key[own].tolist())
        for row in own.tolist():
            identifier, name = called[int(catalogue.item_key[row])]
            counts = columns[:, [row]].toarray().ravel()
            found.append(_Signal(condition, format_id(identifier), name, counts))
    return found


def _fields(connection: Connection, traces: Traces) -> list[_Signal]:
    """A signal for each region, institute, course and gender of at least one in a hundred of the students."""
    found: list[_Signal] = []
    for condition, column in FIELDS.items():
        values = [record[column] for record in traces.records]
        often = {
            value: times
            for value, times in Counter(values).items()
            if value is not None and times >= SMALLEST * len(values)
        }
        called = labels(connection, condition, list(often)) if condition in ("institutes", "courses") else {}
        for value in sorted(often):
            identifier, name = called.get(value, (b"", str(value)))
            counts = np.array([own == value for own in values], np.float64)
            found.append(_Signal(condition, format_id(identifier) if identifier else name, name, counts))
    return found


def _described(traces: Traces, group: BoolArray, signals: Sequence[_Signal]) -> dict[str, Any]:
    """A cluster by the signals that set it apart, and the rule that tells it best."""
    shares = np.array(
        [(float((one.counts[group] > 0).mean()), float((one.counts > 0).mean())) for one in signals]
    )
    within, everywhere = shares[:, 0], shares[:, 1]
    # Each signal's part of the divergence between the cluster and everybody: common and telling at once.
    telling = within * np.log(np.maximum(within, 1e-9) / everywhere)
    order = [int(at) for at in np.argsort(-telling, kind="stable") if telling[at] > 0]
    rule, found = _rule([signals[at] for at in order[:_TRIED]], group)
    share = float(group.mean())
    estimate = share * len(group) / max(traces.sampled, 1) * traces.students
    return {
        "name": _LONG.join(signals[at].name for at in order[:_NAMED])[:MAX_NAME] or "everybody else",
        "rule": rule,
        "students": round(estimate),
        "share": round(share, 4),
        "precision": round(found.precision, 4),
        "recall": round(found.recall, 4),
        "signals": [
            {
                "condition": signals[at].condition,
                "value": signals[at].value,
                "name": signals[at].name,
                "share": round(float(within[at]), 4),
                "everybody": round(float(everywhere[at]), 4),
                "lift": round(float(within[at] / everywhere[at]), 2),
            }
            for at in order[:_TOLD]
        ],
    }


def _rule(signals: Sequence[_Signal], group: BoolArray) -> tuple[dict[str, Any], Found]:
    """Fields and doings that together tell the cluster, as a rule that can be created."""
    tried = [(one, times) for one in signals for times in (_TIMES if one.is_item else (1,))]
    columns = [one.counts >= times for one, times in tried]
    conditions = np.stack(columns, axis=1) if columns else np.zeros((len(group), 0), np.bool_)
    found = search(conditions, group)
    parts = {
        name: [tried[at][0].as_rule(tried[at][1]) for at in chosen]
        for name, chosen in (("any", found.some), ("all", found.every))
        if chosen
    }
    return parse_rule(parts).as_json(), found
