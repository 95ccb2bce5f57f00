"""The gate's rule: from each student's figures under two models to promote, hold or not enough evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cobi.analytics.offpolicy.overlap import Caution, overlap
from cobi.analytics.paired import SCALE, Difference, IntArray, in_steps, paired_bootstrap
from cobi.domain.model_state import Verdict
from cobi.domain.per_cent import per_cent

FEW = 100
"""With fewer students nothing is decided."""

LEVEL = 0.99
"""Of the interval: each night's candidate is another chance to be wrong."""

LOG_LEVEL = 0.8
"""Of the interval by the log: an objection needs less certainty than a promotion, and there is one each night."""

RESAMPLES = 4_000

FINENESS = 64
"""Figures by the log are rounded to such parts of a reveal: a bootstrap is quicker of values that come again."""

GAIN = 0.01
"""What is certainly less than this much better is held: it is not worth the change."""

NARROWER = 0.5
"""A candidate that shows fewer than this share of the offers the live model shows is held."""


@dataclass(frozen=True)
class Logged:
    """What the log of answers says, student by student, in steps of 2⁻³².

    Reveals per answer that each model's lists would have brought, and how much the student's answers count for it:
    1 on average where all is well.
    """

    candidate: IntArray
    live: IntArray
    weight_candidate: IntArray
    weight_live: IntArray


@dataclass(frozen=True)
class Evidence:
    """Each student's figure under both models, in steps of 2⁻³²; `coverage` is the share of offers shown to anybody.

    `logged` is None where no list of the period was drawn by chance.
    """

    candidate: IntArray
    live: IntArray
    coverage_candidate: float
    coverage_live: float
    seed: int
    logged: Logged | None = None


@dataclass(frozen=True)
class Judgement:
    """What was found, what is to be done, and why in words; `logged` by the log of answers, with its cautions."""

    verdict: Verdict
    reasons: tuple[str, ...]
    found: Difference
    logged: Difference | None = None
    cautions: tuple[str, ...] = ()

    @property
    def log_objects(self) -> bool:
        """Whether the log surely says that the candidate's lists bring less."""
        return self.logged is not None and not self.cautions and self.logged.high < 0


def judge(evidence: Evidence, metric: str) -> Judgement:
    """Decide; the same evidence gives the same judgement, bit for bit."""
    found = paired_bootstrap(
        evidence.candidate, evidence.live, level=LEVEL, resamples=RESAMPLES, seed=evidence.seed
    )
    if found.students < FEW:
        return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, (too_few(found.students),), found)
    verdict, reasons = _verdict(found, evidence), tuple(_reasons(found, evidence, metric))
    judged = Judgement(verdict, reasons, found, *_of_log(evidence))
    said = (*reasons, *_log_says(judged))
    return replace(judged, verdict=Verdict.HOLD if judged.log_objects else verdict, reasons=said)


def rounded(values: NDArray[np.float64]) -> IntArray:
    """Figures by the log in whole steps."""
    return in_steps(np.rint(values * FINENESS) / FINENESS)


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
        f"difference {found.difference:+.4f} ({per_cent(LEVEL)} interval {found.low:+.4f} to {found.high:+.4f})"
    )
    if found.low == found.high == 0:
        yield "both rank alike: there is nothing to gain"
    elif found.high < 0:
        yield "the candidate is worse"
    elif found.high < GAIN * found.other:
        best, least = per_cent(found.high / found.other, 1), per_cent(GAIN)
        yield f"the candidate is at best {best} better: less than the {least} that is worth a change"
    elif found.low > 0:
        yield "the candidate is better"
    else:
        yield "the interval holds both better and worse: more students or a longer period would tell"
    if _is_narrow(evidence):
        yield (
            f"the candidate shows {per_cent(evidence.coverage_candidate)} of the offers to anybody, "
            f"the live model {per_cent(evidence.coverage_live)}: too narrow to be let go live by itself"
        )


def _of_log(evidence: Evidence) -> tuple[Difference | None, tuple[str, ...]]:
    """The difference in reveals per answer, and why it is not to be acted on."""
    logged = evidence.logged
    if logged is None:
        return None, ()
    found = paired_bootstrap(
        logged.candidate, logged.live, level=LOG_LEVEL, resamples=RESAMPLES, seed=evidence.seed + 1
    )
    students = np.arange(found.students)
    cautions = {
        caution
        for weight in (logged.weight_candidate, logged.weight_live)
        for caution in overlap(weight / SCALE, students).cautions
    }
    return found, tuple(caution.value for caution in Caution if caution in cautions)


def _log_says(judged: Judgement) -> Iterator[str]:
    found = judged.logged
    if found is None:
        yield "no list of the period was drawn by chance: the log of answers says nothing of other lists"
        return
    figures = (
        f"by the log of answers to {found.students:,} students the candidate's lists would have brought "
        f"{found.one:.4f} code reveals each, the live model's {found.other:.4f}, difference {found.difference:+.4f} "
        f"({per_cent(LOG_LEVEL)} interval {found.low:+.4f} to {found.high:+.4f})"
    )
    if judged.cautions:
        yield f"{figures}; not to be relied on: {', '.join(judged.cautions)}"
    elif judged.log_objects:
        yield f"{figures}: it brings less, whatever is foretold"
    elif found.low > 0:
        yield f"{figures}: it brings more"
    else:
        yield f"{figures}: that speaks neither for nor against it"
