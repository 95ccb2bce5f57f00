"""The evidence gate: what it takes to promote, what is held, and that a decision can be come to again."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from cobi.actions.evaluating.contestants import newly_learned
from cobi.actions.gate import comparison
from cobi.actions.gate.bundle import nameless, nameless_log, pack
from cobi.actions.gate.comparison import Contender, Looks, Material, compare, period_start
from cobi.actions.gate.decide import decide
from cobi.actions.gate.rule import Evidence, Judgement, Logged, judge
from cobi.actions.gate.versions import RULE
from cobi.analytics.paired import SCALE, in_steps
from cobi.analytics.spending import FIRST, Look
from cobi.domain.model_state import Verdict
from cobi.domain.moments import DAY
from cobi.recommenders.blend import fit, refit
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from tests.unit.actions.exams import HOUR, START, UTC, events_of
from tests.unit.actions.exams import material as exam_material

PLAIN = Settings(tune=False)
NOTHING = replace(PLAIN, weights={"popularity": 0.3})


def evidence(gain: float, students: int = 500, coverage: float = 0.5) -> Evidence:
    luck = np.random.default_rng(0)
    live = luck.random(students)
    noise = luck.standard_normal(students)
    candidate = live + gain + 0.1 * (noise - noise.mean())
    return Evidence(in_steps(candidate), in_steps(live), coverage, 0.5, 0)


@pytest.mark.parametrize(
    ("gain", "verdict", "said"),
    [
        (0.05, Verdict.PROMOTE, "the candidate is better"),
        (-0.05, Verdict.HOLD, "the candidate is worse"),
        (0.0, Verdict.NOT_ENOUGH_EVIDENCE, "both better and worse"),
    ],
)
def test_the_verdict_follows_the_interval(gain: float, verdict: Verdict, said: str) -> None:
    judged = judge(evidence(gain), "ndcg@10")
    assert judged.verdict is verdict
    assert said in " ".join(judged.reasons)


def test_what_is_surely_hardly_better_is_held() -> None:
    live = in_steps(np.full(5000, 0.5))
    judged = judge(Evidence(live + 1, live, 0.5, 0.5, 0), "ndcg@10")
    assert judged.verdict is Verdict.HOLD
    assert any(
        "both rank alike" in one for one in judge(Evidence(live, live, 0.5, 0.5, 0), "ndcg@10").reasons
    )


def test_a_better_candidate_that_shows_much_less_of_the_catalogue_is_held() -> None:
    judged = judge(evidence(0.05, coverage=0.2), "ndcg@10")
    assert judged.verdict is Verdict.HOLD
    assert "too narrow" in judged.reasons[-2]


def test_with_few_students_nothing_is_decided_however_large_the_difference() -> None:
    assert judge(evidence(0.5, RULE.few - 1), "ndcg@10").verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert judge(evidence(0.5, RULE.few), "ndcg@10").verdict is Verdict.PROMOTE


def logged(gain: float, students: int = 400, weight: float = 1.0) -> Logged:
    luck = np.random.default_rng(3)
    live = luck.normal(0.5, 0.3, students)
    noise = luck.standard_normal(students)
    weights = in_steps(weight + 0.2 * (noise - noise.mean()))
    candidate = live + gain + 0.05 * (noise - noise.mean())
    return Logged(in_steps(candidate), in_steps(live), weights, in_steps(np.ones(students)))


def test_what_the_log_surely_says_to_be_worse_is_held_whatever_is_foretold() -> None:
    foretold = evidence(0.05)
    judged = judge(replace(foretold, logged=logged(-0.05)), "ndcg@10")
    assert judged.verdict is Verdict.HOLD
    assert judged.reasons[-1].endswith("it brings less, whatever is foretold")
    for gain, said in ((0.05, "it brings more"), (0.001, "neither for nor against")):
        judged = judge(replace(foretold, logged=logged(gain)), "ndcg@10")
        assert judged.verdict is Verdict.PROMOTE
        assert said in judged.reasons[-1]


def test_what_the_log_rather_speaks_against_waits_until_it_rather_speaks_for_it() -> None:
    judged = judge(replace(evidence(0.05), logged=logged(-0.001)), "ndcg@10")
    assert judged.logged is not None
    assert judged.logged.low < judged.logged.difference < 0 < judged.logged.high
    assert judged.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert "rather brings less" in judged.reasons[-1]


def ahead_by(errors: float, look: Look = FIRST) -> Judgement:
    """What is decided of a candidate ahead by so many standard errors."""
    noise = evidence(0.0)
    apart = (noise.candidate - noise.live) / SCALE
    gain = errors * apart.std(ddof=1) / len(apart) ** 0.5
    return judge(replace(evidence(gain), look=look), "ndcg@10")


def test_the_more_often_a_live_model_was_compared_the_more_it_takes_to_be_promoted() -> None:
    nightly = [Look(1, 7 * DAY), Look(2, 8 * DAY, 7 * DAY), Look(24, 30 * DAY, 29 * DAY)]
    verdicts = [ahead_by(3.0, look).verdict for look in nightly]
    assert verdicts == [Verdict.PROMOTE, Verdict.NOT_ENOUGH_EVIDENCE, Verdict.NOT_ENOUGH_EVIDENCE]
    late = ahead_by(3.0, nightly[-1])
    assert late.found.low > 0, "looked at once it would be better"
    assert "comparison 24 with this live model asks" in late.reasons[1]
    assert ahead_by(4.2, nightly[-1]).verdict is Verdict.PROMOTE


def test_comparisons_count_from_when_the_live_model_went_live() -> None:
    looks = Looks(START, (START + DAY, START + 3 * DAY))
    assert looks.next(START + 4 * DAY) == Look(3, 4 * DAY, 3 * DAY)
    assert Looks(START, ()).next(START - DAY) == Look(1, 0, 0)


def test_a_log_that_cannot_speak_of_the_candidate_is_heard_with_its_cautions_and_decides_nothing() -> None:
    judged = judge(replace(evidence(0.05), logged=logged(-0.05, weight=0.5)), "ndcg@10")
    assert (judged.verdict, judged.cautions) == (Verdict.PROMOTE, ("WEIGHTS_OFF",))
    assert judged.reasons[-1].endswith("not to be relied on: WEIGHTS_OFF")
    assert "no list of the period was drawn by chance" in judge(evidence(0.05), "ndcg@10").reasons[-1]


def test_the_log_alone_promotes_nothing() -> None:
    judged = judge(replace(evidence(0.0), logged=logged(0.05)), "ndcg@10")
    assert judged.verdict is Verdict.NOT_ENOUGH_EVIDENCE


def test_the_bundle_says_nothing_of_whose_figures_are_whose() -> None:
    one, other = np.array([3, 1, 2, 1]), np.array([5, 6, 7, 0])
    mixed = np.array([2, 0, 3, 1])
    kept = nameless(one, other)
    assert [row.tolist() for row in kept] == [row.tolist() for row in nameless(one[mixed], other[mixed])]
    assert sorted(zip(*(row.tolist() for row in kept), strict=True)) == [(1, 0), (1, 6), (2, 7), (3, 5)]
    said = [
        nameless_log(Logged(*(column[at] for column in (one, other, one, mixed[mixed]))))
        for at in (slice(None), mixed)
    ]
    for name in ("candidate", "live", "weight_candidate", "weight_live"):
        assert getattr(said[0], name).tolist() == getattr(said[1], name).tolist()


def test_a_bundle_holds_all_it_takes_to_judge_again() -> None:
    told = evidence(0.05)
    packed, digest = pack(told, judge(told, "ndcg@10"), {"metric": "ndcg@10"})
    assert pack(told, judge(told, "ndcg@10"), {"metric": "ndcg@10"}) == (packed, digest)
    content = msgspec.msgpack.decode(zlib.decompress(packed))
    again = Evidence(
        np.frombuffer(content["candidate"], "<i8"),
        np.frombuffer(content["live"], "<i8"),
        content["coverage"][0],
        content["coverage"][1],
        content["seed"],
    )
    judged = judge(again, "ndcg@10")
    assert (judged.verdict.value, list(judged.reasons)) == (
        content["judged"]["verdict"],
        content["judged"]["reasons"],
    )
    assert msgspec.to_builtins(judged.found) == content["judged"]["found"]


def campus(days: int = 28, students: int = 300, offers: int = 40) -> Any:
    """Each student likes one of four groups of offers and opens one of them a day."""
    luck = np.random.default_rng(1)
    student = np.tile(np.arange(students), days)
    item = (student % 4) * (offers // 4) + luck.integers(0, offers // 4, len(student))
    hour = np.repeat(np.arange(days), students) * 24 + luck.integers(0, 24, len(student))
    return exam_material(events_of(student, item, hour), offers).past


def contender(past: Any, version: int, recipe: Settings, days: float) -> Contender:
    """A model that learned what happened in the first days."""
    until = START + int(days * DAY)
    lessons = past.lessons
    known = lessons.events.where(lessons.events.time < until)
    model = fit(lessons.catalogue, known, lessons.students, until, recipe, 0)
    return Contender(version, recipe, 0, until, int(known.time.max()), model, "digest")


def told(past: Any, candidate: Contender, live: Contender) -> Material:
    return Material(past, np.empty((0, 2), np.int64), candidate, live)


def test_a_better_recipe_is_promoted_and_the_other_way_round_it_is_held() -> None:
    past = campus()
    good, poor = contender(past, 2, PLAIN, 28), contender(past, 1, NOTHING, 28)
    outcome = decide(told(past, good, poor), UTC, 0, START, silent)
    assert outcome.judgement.verdict is Verdict.PROMOTE, outcome.judgement.reasons
    assert decide(told(past, poor, good), UTC, 0, START, silent).judgement.verdict is Verdict.HOLD
    same = decide(told(past, good, replace(good, version=1)), UTC, 0, START, silent)
    assert same.judgement.verdict is Verdict.HOLD


def test_a_live_model_that_has_seen_the_period_is_learned_again_as_old_as_it_is() -> None:
    past = campus()
    seen = compare(
        told(past, contender(past, 2, PLAIN, 28), contender(past, 1, PLAIN, 26)), UTC, 0, START, silent
    )
    assert "learned again" in seen.inputs["live_judged"]
    begins, until = (seen.inputs["period"]["from"], seen.inputs["live_learned_until"])
    assert (int(begins[8:10]) - int(until[8:10])) % 30 in (2, 1)


def test_a_live_model_that_has_seen_nothing_of_the_period_is_judged_as_it_stands() -> None:
    past = campus()
    live = contender(past, 1, PLAIN, 10)
    found = compare(told(past, contender(past, 2, PLAIN, 28), live), UTC, 0, START, silent)
    assert "as it stands" in found.inputs["live_judged"]


def test_a_candidate_that_keeps_an_older_tuning_is_learned_again_with_it_and_not_tuned_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    past, until = campus(), START + 28 * DAY
    live, lessons = contender(past, 1, PLAIN, 10), past.lessons
    assert live.model is not None
    kept = refit(live.model, lessons.catalogue, lessons.events, lessons.students, until)
    anew = contender(past, 2, PLAIN, 28)
    tunings: list[Settings] = []

    def tuned_anew(exam: Any, lessons: Any, settings: Settings, *rest: Any) -> Any:
        tunings.append(settings)
        return newly_learned(exam, lessons, settings, *rest)

    monkeypatch.setattr(comparison, "newly_learned", tuned_anew)
    # Had it been tuned anew, then by a recipe that learns popularity alone.
    compared = compare(told(past, replace(anew, model=kept, recipe=NOTHING), live), UTC, 0, START, silent)
    assert tunings == []
    by_recipe = compare(told(past, anew, live), UTC, 0, START, silent)
    assert tunings == [PLAIN]
    assert compared.evidence.candidate.mean() > 0.8 * by_recipe.evidence.candidate.mean()


def test_a_tuning_that_has_seen_the_period_is_not_kept_for_the_comparison() -> None:
    past = campus()
    seen = contender(past, 2, PLAIN, 28)
    assert seen.model is not None
    assert seen.model.card["figures"]["tuned_at"] >= (period_start(past.lessons) or 0)
    poor = replace(seen, recipe=NOTHING)
    compared = compare(told(past, poor, contender(past, 1, NOTHING, 10)), UTC, 0, START, silent)
    assert compared.evidence.candidate.mean() == pytest.approx(compared.evidence.live.mean(), rel=0.2)


def test_what_was_recommended_does_not_count_where_enough_else_was_done() -> None:
    past = campus()
    both = contender(past, 2, PLAIN, 28), contender(past, 1, PLAIN, 26)
    late = past.lessons.events.time >= (period_start(past.lessons) or 0)
    pairs = np.stack([past.lessons.events.student, past.lessons.events.item], axis=1)
    few = replace(told(past, *both), claimed=pairs[late][:20])
    assert "without a recommendation" in compare(few, UTC, 0, START, silent).inputs["wanted"]
    everything = replace(told(past, *both), claimed=pairs[late])
    assert (
        "also what the live model recommended" in compare(everything, UTC, 0, START, silent).inputs["wanted"]
    )


def test_the_period_is_a_week_or_longer_where_few_came_and_never_more_than_half(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lessons = campus(days=40).lessons
    last = int(lessons.events.time.max())
    monkeypatch.setattr(comparison, "ENOUGH", 300)
    assert period_start(lessons) == last + 1 - 7 * DAY
    monkeypatch.setattr(comparison, "ENOUGH", 301)
    half = int(lessons.events.time.min()) + (last - int(lessons.events.time.min())) // 2 + 1
    assert period_start(lessons) == half
    assert half - START > 19 * 24 * HOUR


def test_where_nobody_can_be_tested_there_is_not_enough_evidence_and_it_is_said() -> None:
    past = campus(students=20)
    both = contender(past, 2, PLAIN, 28), contender(past, 1, PLAIN, 28)
    outcome = decide(told(past, *both), UTC, 0, START, silent)
    assert outcome.judgement.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert "only 20 students can be tested" in outcome.decision.summary["reasons"][-1]
