"""The gate's rule: from each student's figures under two models to promote, hold or not enough evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cobi.analytics.paired import Difference, IntArray, paired_bootstrap
from cobi.domain.model_state import Verdict

FEW = 100
"""With fewer students nothing is decided."""

LEVEL = 0.99
"""Of the interval: each night's candidate is another chance to be wrong."""

RESAMPLES = 4_000

GAIN = 0.01
"""What is certainly less than this much better is held: it is not worth the change."""

NARROWER = 0.5
"""A candidate that shows fewer than this share of the offers the live model shows is held."""


@dataclass(frozen=True)
class Evidence:
    """Each student's figure under both models, in steps of 2⁻³²; `coverage` is the share of offers shown to anybody."""

    candidate: IntArray
    live: IntArray
    coverage_candidate: float
    coverage_live: float
    seed: int


@dataclass(frozen=True)
class Judgement:
    """What was found, what is to be done, and why in words."""

    verdict: Verdict
    reasons: tuple[str, ...]
    found: Difference


def judge(evidence: Evidence, metric: str) -> Judgement:
    """Decide; the same evidence gives the same judgement, bit for bit."""
    found = paired_bootstrap(
        evidence.candidate, evidence.live, level=LEVEL, resamples=RESAMPLES, seed=evidence.seed
    )
    if found.students < FEW:
        return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, (too_few(found.students),), found)
    verdict = _verdict(found, evidence)
    return Judgement(verdict, tuple(_reasons(found, evidence, metric)), found)


def too_few(students: int) -> str:
    """Why nothing could be decided."""
    return f"only {students:,} students could be tested on the later period; it takes {FEW:,}"


def _verdict(found: Difference, evidence: Evidence) -> Verdict:
    if found.high < GAIN * found.other or _is_narrow(evidence):
        return Verdict.HOLD
    return Verdict.PROMOTE if found.low > 0 else Verdict.NOT_ENOUGH_EVIDENCE


def _is_narrow(evidence: Evidence) -> bool:
    return evidence.coverage_candidate < NARROWER * evidence.coverage_live


def _reasons(found: Difference, evidence: Evidence, metric: str) -> Iterator[str]:
    yield (
        f"{metric} of {found.students:,} students: candidate {found.one:.4f}, live {found.other:.4f}, "
        f"difference {found.difference:+.4f} ({LEVEL:.0%} interval {found.low:+.4f} to {found.high:+.4f})"
    )
    if found.low == found.high == 0:
        yield "both rank alike: there is nothing to gain"
    elif found.high < 0:
        yield "the candidate is worse"
    elif found.high < GAIN * found.other:
        best = found.high / found.other
        yield f"the candidate is at best {best:.1%} better: less than the {GAIN:.0%} that is worth a change"
    elif found.low > 0:
        yield "the candidate is better"
    else:
        yield "the interval holds both better and worse: more students or a longer period would tell"
    if _is_narrow(evidence):
        yield (
            f"the candidate shows {evidence.coverage_candidate:.0%} of the offers to anybody, "
            f"the live model {evidence.coverage_live:.0%}: too narrow to be let go live by itself"
        )
