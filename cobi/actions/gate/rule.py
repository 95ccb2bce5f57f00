"""The gate's rule: from each student's figures under two models to promote, hold or not enough evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cobi.actions.gate.versions import RULE, Rule
from cobi.analytics.offpolicy.overlap import Caution, overlap
from cobi.analytics.paired import SCALE, Difference, IntArray, in_steps, lead, paired_bootstrap
from cobi.analytics.spending import FIRST, Look, may_spend, standard_errors
from cobi.domain.model_state import Verdict
from cobi.domain.per_cent import per_cent

FINENESS = 64
"""Figures by the log are rounded to such parts of a reveal: a bootstrap is quicker of values that come again."""


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

    `logged` is None where no list of the period was drawn by chance; `look` says how often the live model was compared
    with a candidate until now.
    """

    candidate: IntArray
    live: IntArray
    coverage_candidate: float
    coverage_live: float
    seed: int
    logged: Logged | None = None
    look: Look = FIRST


@dataclass(frozen=True)
class Judgement:
    """What was found, what is to be done, and why in words; `logged` by the log of answers, with its cautions.

    `lead` is by how many standard errors the candidate is ahead, `asked` how many it takes at this look.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    found: Difference
    logged: Difference | None = None
    cautions: tuple[str, ...] = ()
    lead: float | None = None
    asked: float | None = None

    @property
    def log_objects(self) -> bool:
        """Whether the log surely says that the candidate's lists bring less."""
        return self.logged is not None and not self.cautions and self.logged.high < 0

    @property
    def log_leans_against(self) -> bool:
        """Whether the log says that they rather bring less than more."""
        return self.logged is not None and not self.cautions and self.logged.difference < 0


def judge(evidence: Evidence, metric: str, rule: Rule = RULE) -> Judgement:
    """Decide; the same evidence gives the same judgement by the same rule, bit for bit."""
    found = paired_bootstrap(
        evidence.candidate, evidence.live, level=rule.level, resamples=rule.resamples, seed=evidence.seed
    )
    if found.students < rule.few:
        said = too_few(found.students, rule)
        return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, (said,), found)
    ahead, asked = None, asked_of(evidence, rule)
    if asked is not None:
        ahead = lead(evidence.candidate, evidence.live)
    judged = Judgement(
        Verdict.NOT_ENOUGH_EVIDENCE, (), found, *_of_log(evidence, rule), lead=ahead, asked=asked
    )
    said = *_reasons(judged, evidence, metric, rule), *_log_says(judged, rule)
    return replace(judged, verdict=_verdict(judged, evidence, rule), reasons=said)


def asked_of(evidence: Evidence, rule: Rule = RULE) -> float | None:
    """By how many standard errors a candidate has to be ahead at this look; None where all looks were taken alike."""
    if rule.error is None:
        return None
    error = may_spend(evidence.look, rule.error, rule.half_days)
    return standard_errors(error, len(evidence.candidate))


def rounded(values: NDArray[np.float64]) -> IntArray:
    """Figures by the log in whole steps."""
    return in_steps(np.rint(values * FINENESS) / FINENESS)


def too_few(students: int, rule: Rule = RULE) -> str:
    """Why nothing could be decided."""
    return f"only {students:,} students could be tested on the later period; it takes {rule.few:,}"


def _verdict(judged: Judgement, evidence: Evidence, rule: Rule) -> Verdict:
    found = judged.found
    if found.high < rule.gain * found.other or _is_narrow(evidence, rule) or judged.log_objects:
        return Verdict.HOLD
    if found.low > 0 and _leads_enough(judged) and not (rule.log_leads and judged.log_leans_against):
        return Verdict.PROMOTE
    return Verdict.NOT_ENOUGH_EVIDENCE


def _leads_enough(judged: Judgement) -> bool:
    return judged.lead is None or judged.asked is None or judged.lead >= judged.asked


def _is_narrow(evidence: Evidence, rule: Rule) -> bool:
    return evidence.coverage_candidate < rule.narrower * evidence.coverage_live


def _reasons(judged: Judgement, evidence: Evidence, metric: str, rule: Rule) -> Iterator[str]:
    found = judged.found
    yield (
        f"{metric} of {found.students:,} students: candidate {found.one:.4f}, live {found.other:.4f}, "
        f"difference {found.difference:+.4f} ({per_cent(rule.level)} interval {found.low:+.4f} to {found.high:+.4f})"
    )
    yield _foretelling_says(judged, evidence, rule)
    if _is_narrow(evidence, rule):
        yield (
            f"the candidate shows {per_cent(evidence.coverage_candidate)} of the offers to anybody, "
            f"the live model {per_cent(evidence.coverage_live)}: too narrow to be let go live by itself"
        )


def _foretelling_says(judged: Judgement, evidence: Evidence, rule: Rule) -> str:
    found, least = judged.found, per_cent(rule.gain)
    if found.low == found.high == 0:
        said = "both rank alike: there is nothing to gain"
    elif found.high < 0:
        said = "the candidate is worse"
    elif found.high < rule.gain * found.other:
        best = per_cent(found.high / found.other, 1)
        said = f"the candidate is at best {best} better: less than the {least} that is worth a change"
    elif found.low <= 0:
        said = "the interval holds both better and worse: more students or a longer period would tell"
    elif judged.lead is None or judged.asked is None:
        said = "the candidate is better"
    else:
        ahead, which = f"{judged.lead:.2f} standard errors", evidence.look.number
        asked = f"ahead by {ahead}, of {judged.asked:.2f} that comparison {which} with this live model asks"
        said = (
            f"the candidate is better: {asked}"
            if _leads_enough(judged)
            else f"it is not ahead enough: {asked}"
        )
    return said


def _of_log(evidence: Evidence, rule: Rule) -> tuple[Difference | None, tuple[str, ...]]:
    """The difference in reveals per answer, and why it is not to be acted on."""
    logged = evidence.logged
    if logged is None or rule.log_level is None:
        return None, ()
    found = paired_bootstrap(
        logged.candidate, logged.live, level=rule.log_level, resamples=rule.resamples, seed=evidence.seed + 1
    )
    students = np.arange(found.students)
    cautions = {
        caution
        for weight in (logged.weight_candidate, logged.weight_live)
        for caution in overlap(weight / SCALE, students).cautions
    }
    return found, tuple(caution.value for caution in Caution if caution in cautions)


def _log_says(judged: Judgement, rule: Rule) -> Iterator[str]:
    found = judged.logged
    if found is None or rule.log_level is None:
        yield "no list of the period was drawn by chance: the log of answers says nothing of other lists"
        return
    figures = (
        f"by the log of answers to {found.students:,} students the candidate's lists would have brought "
        f"{found.one:.4f} code reveals each, the live model's {found.other:.4f}, difference {found.difference:+.4f} "
        f"({per_cent(rule.log_level)} interval {found.low:+.4f} to {found.high:+.4f})"
    )
    if judged.cautions:
        yield f"{figures}; not to be relied on: {', '.join(judged.cautions)}"
    elif judged.log_objects:
        yield f"{figures}: it brings less, whatever is foretold"
    elif found.low > 0:
        yield f"{figures}: it brings more"
    elif rule.log_leads and judged.log_leans_against:
        yield f"{figures}: it rather brings less, and is not let go live until it rather brings more"
    else:
        yield f"{figures}: that speaks neither for nor against it"
