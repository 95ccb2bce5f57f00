"""A decision as it is kept: all it takes to come to it again, and the proof that it is the same."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cobi.actions.gate.rule import Evidence, Judgement, Logged, judge
from cobi.actions.gate.versions import RULE, Rule, rule_of
from cobi.analytics.spending import FIRST, Look
from cobi.domain.errors import Conflict
from cobi.store import model_registry, models
from cobi.store.database import Connection
from cobi.store.model_registry import Decision

FORMAT = 3
"""Since 3 with the number of the rule, and which comparison with the live model it was."""

_LOGGED = ("candidate", "live", "weight_candidate", "weight_live")
_PARTS = {
    "figures": ("found",),
    "log": ("logged", "cautions"),
    "lead": ("lead", "asked"),
    "verdict": ("verdict",),
    "reasons": ("reasons",),
}
"""Of a judgement, each compared by itself."""


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
        "rule": RULE.as_json(),
        "inputs": dict(inputs),
        "seed": evidence.seed,
        "look": astuple(evidence.look),
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
    decision = decisions[-1]
    checks = list(recomputed(decision))
    if checks[0].holds:
        checks += [
            _model_check(connection, name, model)
            for name, model in _content(decision)["inputs"]["models"].items()
        ]
    return checks


def recomputed(decision: Decision) -> Iterator[Check]:
    """Whether a decision comes out the same from its bundle alone, by the rule it was made with."""
    found = hashlib.sha256(decision.bundle).hexdigest()
    whole = found == decision.digest
    said = f"SHA-256 {found}" if whole else f"expected SHA-256 {decision.digest}; found {found}"
    yield Check("bundle", whole, said)
    if not whole:
        return
    content = _content(decision)
    rule = rule_of(content["rule"])
    yield _rule_check(rule, content["rule"])
    if rule is not None:
        yield from _judgement_checks(content, rule, decision)


def _content(decision: Decision) -> dict[str, Any]:
    return msgspec.msgpack.decode(zlib.decompress(decision.bundle))


def _rule_check(rule: Rule | None, kept: Mapping[str, Any]) -> Check:
    if rule is None:
        last = RULE.as_json()
        return Check(
            "rule", False, f"expected one of the {RULE.version} of this Cobi, the last {last}; found {kept}"
        )
    age = "the present one" if rule == RULE else f"that of its time; the present one is number {RULE.version}"
    return Check("rule", True, f"number {rule.version}, {age}: {kept}")


def _judgement_checks(content: Mapping[str, Any], rule: Rule, decision: Decision) -> Iterator[Check]:
    evidence = Evidence(
        np.frombuffer(content["candidate"], "<i8").astype(np.int64),
        np.frombuffer(content["live"], "<i8").astype(np.int64),
        content["coverage"][0],
        content["coverage"][1],
        content["seed"],
        _unpacked(content.get("logged")),
        Look(*content["look"]) if "look" in content else FIRST,
    )
    again, kept = _judged(judge(evidence, content["inputs"]["metric"], rule)), content["judged"]
    for part, names in _PARTS.items():
        # Decisions of a time before the log was asked, or before looks were counted, say nothing of it.
        ours, theirs = ({name: one[name] for name in names if name in kept} for one in (again, kept))
        if theirs:
            yield _part_check(part, ours, theirs, rule, content["numpy"])
    if kept["verdict"] != decision.verdict.value:
        yield Check(
            "register", False, f"expected {kept['verdict']}, as kept in the bundle; found {decision.verdict}"
        )


def _part_check(part: str, ours: dict[str, Any], theirs: dict[str, Any], rule: Rule, numpy: str) -> Check:
    said = ", ".join(f"{name} {value!r}" for name, value in ours.items())
    if ours == theirs:
        return Check(part, True, said)
    if part == "reasons" and rule != RULE:
        return Check(part, None, "worded by an earlier version of Cobi")
    return Check(part, False, f"expected {said}; found {theirs} in the bundle, made with NumPy {numpy}")


def _packed(logged: Logged) -> list[bytes]:
    return [getattr(logged, name).astype("<i8").tobytes() for name in _LOGGED]


def _unpacked(columns: list[bytes] | None) -> Logged | None:
    if columns is None:
        return None
    return Logged(*(np.frombuffer(column, "<i8").astype(np.int64) for column in columns))


def _model_check(connection: Connection, name: str, model: Mapping[str, Any]) -> Check:
    version, expected = model["version"], model["digest"]
    entry = model_registry.find(connection, version)
    if entry is None or entry.pruned is not None:
        return Check(name, None, f"the arrays of version {version} were let go of")
    found = digest_of(models.load(connection, version)[1])
    said = f"arrays of version {version}: SHA-256 {found}"
    return Check(name, found == expected, said if found == expected else f"expected {expected}; found {said}")


def _judged(judgement: Judgement) -> dict[str, Any]:
    """As it comes back from a bundle; numbers come back bit for bit."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(judgement))
