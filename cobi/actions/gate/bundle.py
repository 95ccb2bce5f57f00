"""A decision as it is kept: all it takes to come to it again, and the proof that it is the same."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cobi.actions.gate.rule import (
    FEW,
    GAIN,
    LEVEL,
    LOG_LEVEL,
    NARROWER,
    RESAMPLES,
    Evidence,
    Judgement,
    Logged,
    judge,
)
from cobi.domain.errors import Conflict
from cobi.store import model_registry, models
from cobi.store.database import Connection
from cobi.store.model_registry import Decision

FORMAT = 2
_LOGGED = ("candidate", "live", "weight_candidate", "weight_live")
RULE = {
    "few": FEW,
    "level": LEVEL,
    "log_level": LOG_LEVEL,
    "resamples": RESAMPLES,
    "gain": GAIN,
    "narrower": NARROWER,
}


@dataclass(frozen=True)
class Check:
    """One thing that was recomputed; `holds` is None where that is no longer possible."""

    what: str
    holds: bool | None
    said: str


def digest_of(arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over names, types, shapes and bytes, in the order of the names."""
    sum_of_all = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        sum_of_all.update(f"{name} {little.dtype.str} {little.shape}\n".encode())
        sum_of_all.update(np.ascontiguousarray(little).tobytes())
    return sum_of_all.hexdigest()


def pack(evidence: Evidence, judgement: Judgement, inputs: Mapping[str, Any]) -> tuple[bytes, str]:
    """The bundle, and its SHA-256."""
    content = {
        "format": FORMAT,
        "numpy": np.__version__,
        "rule": RULE,
        "inputs": dict(inputs),
        "seed": evidence.seed,
        "coverage": [evidence.coverage_candidate, evidence.coverage_live],
        "candidate": evidence.candidate.astype("<i8").tobytes(),
        "live": evidence.live.astype("<i8").tobytes(),
        "logged": None if evidence.logged is None else _packed(evidence.logged),
        "judged": _judged(judgement),
    }
    packed = zlib.compress(msgspec.msgpack.encode(content))
    return packed, hashlib.sha256(packed).hexdigest()


def nameless(
    candidate: NDArray[np.int64], live: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same pairs of figures in an order that says nothing of whose they are."""
    order = np.lexsort((live, candidate))
    return candidate[order], live[order]


def nameless_log(logged: Logged) -> Logged:
    """The same for what the log says: sums of weights come out the same only in the same order."""
    columns = [getattr(logged, name) for name in _LOGGED]
    order = np.lexsort(columns[::-1])
    return Logged(*(column[order] for column in columns))


def verify(connection: Connection, version: int) -> list[Check]:
    """Come to the newest decision about a version again; raises NotFound, or Conflict where there is none."""
    if model_registry.find(connection, version) is None:
        raise models.unknown(version)
    decisions = model_registry.decisions(connection, version)
    if not decisions:
        raise Conflict(
            f"nothing was decided about version {version}",
            code="nothing_decided",
            hint="the first model, and one promoted by hand, go live without a comparison",
        )
    return list(_checks(connection, decisions[-1]))


def _checks(connection: Connection, decision: Decision) -> Iterator[Check]:
    whole = hashlib.sha256(decision.bundle).hexdigest() == decision.digest
    yield Check("bundle", whole, f"SHA-256 {decision.digest}")
    if not whole:
        return
    content = msgspec.msgpack.decode(zlib.decompress(decision.bundle))
    yield Check("rule", content["rule"] == RULE, f"the rule of this version of Cobi: {RULE}")
    evidence = Evidence(
        np.frombuffer(content["candidate"], "<i8").astype(np.int64),
        np.frombuffer(content["live"], "<i8").astype(np.int64),
        content["coverage"][0],
        content["coverage"][1],
        content["seed"],
        _unpacked(content.get("logged")),
    )
    again = _judged(judge(evidence, content["inputs"]["metric"]))
    # Decisions of a time before the log was asked say nothing of it.
    same = {name: again[name] for name in content["judged"]} == content["judged"] and again[
        "verdict"
    ] == decision.verdict.value
    said = f"{again['verdict']}, interval {again['found']['low']!r} to {again['found']['high']!r}"
    yield Check(
        "judgement",
        same,
        said if same else f"{said}; kept was {content['judged']}, by NumPy {content['numpy']}",
    )
    for name, model in content["inputs"]["models"].items():
        yield _model_check(connection, name, model)


def _packed(logged: Logged) -> list[bytes]:
    return [getattr(logged, name).astype("<i8").tobytes() for name in _LOGGED]


def _unpacked(columns: list[bytes] | None) -> Logged | None:
    if columns is None:
        return None
    return Logged(*(np.frombuffer(column, "<i8").astype(np.int64) for column in columns))


def _model_check(connection: Connection, name: str, model: Mapping[str, Any]) -> Check:
    entry = model_registry.find(connection, model["version"])
    if entry is None or entry.pruned is not None:
        return Check(name, None, f"the arrays of version {model['version']} were let go of")
    digest = digest_of(models.load(connection, model["version"])[1])
    return Check(name, digest == model["digest"], f"arrays of version {model['version']}: SHA-256 {digest}")


def _judged(judgement: Judgement) -> dict[str, Any]:
    """As it comes back from a bundle; numbers come back bit for bit."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(judgement))
