"""Evaluation on marketplaces whose truth is known: what can be foretold is found, what cannot stays at chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cobi.actions.evaluating import evaluate as evaluation
from cobi.actions.evaluating import examination
from cobi.actions.evaluating.evaluate import Live
from cobi.analytics.splits import Acts, Holdout, by_time
from cobi.domain.errors import Conflict
from cobi.domain.evaluation import Seen, Split, Way, parse_split
from cobi.domain.interaction import ItemType
from cobi.recommenders.blend import fit
from cobi.recommenders.dataset import Events
from cobi.store.catalogue import ALWAYS
from tests.unit.actions.exams import HERE, HOUR, START, always, evaluated, events_of, material, worth

GROUPS, OWN, STUDENTS = 5, 8, 200
OFFERS = GROUPS * OWN
METHODS = ("popularity", "one-hop", "cobi")
SPLITS = ("time:0.25", "last", "random:0.25")


def tastes(seed: int = 0) -> Events:
    """Each student touches all offers of their group, one an hour, in an order of their own."""
    rng = np.random.default_rng(seed)
    student = np.repeat(np.arange(STUDENTS), OWN)
    within = np.concatenate([rng.permutation(OWN) for _ in range(STUDENTS)])
    return events_of(student, (student % GROUPS) * OWN + within, np.tile(np.arange(OWN), STUDENTS))


def no_taste(seed: int = 0) -> Events:
    """The same, where each offer touched is drawn anew from all that the student has not touched."""
    rng = np.random.default_rng(seed)
    item = np.concatenate([rng.permutation(OFFERS)[:OWN] for _ in range(STUDENTS)])
    return events_of(np.repeat(np.arange(STUDENTS), OWN), item, np.tile(np.arange(OWN), STUDENTS))


@pytest.mark.parametrize("split", SPLITS)
def test_planted_tastes_are_found_by_those_who_look_at_neighbours(split: str) -> None:
    figures = evaluated(material(tastes(), OFFERS), lengths=(OWN,), split=parse_split(split))
    for method in ("one-hop", "cobi"):
        assert worth(figures, method, f"recall@{OWN}") == pytest.approx(1)
        assert worth(figures, method, "map") == pytest.approx(1)
        assert worth(figures, method, f"coverage@{OWN}") == pytest.approx(1)
    # Popularity knows no groups: it finds as many as there are places for those a student has not seen.
    assert worth(figures, "popularity", f"recall@{OWN}") < 0.5


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("method", METHODS)
def test_what_nobody_can_know_is_found_at_chance_level(split: str, method: str) -> None:
    figures = evaluated(material(no_taste(1), OFFERS), lengths=(5,), split=parse_split(split), seen=Seen.HIDE)
    chance = 5 / figures["candidates"]["per_student"]
    found = figures["methods"][method]["recall@5"]
    assert found["low"] <= chance * 1.1
    assert found["high"] >= chance * 0.9


def test_the_test_of_chance_level_would_notice_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaking(acts: Acts, share: float) -> Holdout:
        return replace(by_time(acts, share), training=np.ones(len(acts.time), bool))

    monkeypatch.setattr(examination, "by_time", leaking)
    figures = evaluated(
        material(no_taste(1), OFFERS), lengths=(5,), split=parse_split("time:0.25"), seen=Seen.SHOW
    )
    chance = 5 / figures["candidates"]["per_student"]
    assert figures["methods"]["one-hop"]["recall@5"]["low"] > 2 * chance


@pytest.mark.parametrize("split", ["time:0.25", "last"])
def test_what_is_held_back_changes_no_score(split: str, monkeypatch: pytest.MonkeyPatch) -> None:
    events = tastes()
    held = events.time == events.time.max()
    other = replace(events, item=np.where(held, (events.item + OWN) % OFFERS, events.item))
    before, after = (scores_for(one, split, monkeypatch) for one in (events, other))
    for method in METHODS:
        np.testing.assert_array_equal(before[method], after[method])


def scores_for(events: Events, split: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """What every method says for the tested students, before it is ranked."""
    said: dict[str, np.ndarray] = {}
    mark = evaluation.mark

    def listen(exam, contestants, plan, progress):
        said.update({name: scores(slice(0, len(exam.holdout))) for name, scores in contestants.items()})
        return mark(exam, contestants, plan, progress)

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "mark", listen)
        evaluated(material(events, OFFERS), split=parse_split(split), seen=Seen.SHOW)
    return said


def test_items_that_were_not_there_are_no_candidates_and_not_asked_for() -> None:
    """At hour 9 student 0 comes back and touches offers 1 to 6, of which only offer 1 could be shown then."""
    events = events_of([0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 2, 3, 4, 5, 6], [0, 1, 9, 9, 9, 9, 9, 9])
    at = START + 9 * HOUR
    terms = always(
        8,
        born=np.array([ALWAYS.min] * 7 + [at + 1]),
        ended=np.where(np.arange(8) == 2, at, ALWAYS.max),
        region=np.where(np.arange(8) == 3, HERE + 1, HERE),
        allowed_from=np.where(np.arange(8) == 4, at + 1, ALWAYS.min),
        allowed_to=np.where(np.arange(8) == 5, at - 1, ALWAYS.max),
        # START + 9 hours is a Wednesday.
        days=np.where(np.arange(8) == 6, 0b1111011, 0b1111111).astype(np.uint8),
    )
    figures = evaluated(material(events, 8, terms), split=Split(Way.TIME, 0.75))
    assert figures["held_back"]["not_available"] == 5
    assert figures["tested"] == {"students": 1, "of_students": 1, "pairs": 1}
    assert figures["candidates"]["items"] == 2 - 1  # offer 0 was seen


def test_an_offer_is_there_from_its_first_event_whatever_its_record_says() -> None:
    events = events_of([0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 8, 9])
    late = always(2, born=np.full(2, START + 10**6 * HOUR))
    assert evaluated(material(events, 2, late), split=Split(Way.TIME, 0.5))["tested"]["pairs"] == 2


def test_a_new_offer_is_a_candidate_that_training_never_met() -> None:
    """Offer 2 is made after the cut, and touched at once."""
    events = events_of([0, 1, 0, 1], [0, 0, 2, 2], [0, 1, 8, 9])
    figures = evaluated(
        material(events, 3, always(3, born=np.array([ALWAYS.min, ALWAYS.min, START + 7 * HOUR]))),
        split=Split(Way.TIME, 0.5),
    )
    assert [segment["from_days"] for segment in figures["by_age"]] == [0]
    assert worth(figures, "cobi", "recall@10") == 1


def test_seen_items_are_hidden_or_shown_as_asked() -> None:
    events = events_of([0, 0, 0], [0, 0, 1], [0, 5, 5])
    told = material(events, 3)
    hidden = evaluated(told, split=Split(Way.TIME, 0.6), seen=Seen.HIDE)
    shown = evaluated(told, split=Split(Way.TIME, 0.6), seen=Seen.SHOW)
    assert (hidden["held_back"]["seen_before"], hidden["tested"]["pairs"], hidden["candidates"]["items"]) == (
        1,
        1,
        2,
    )
    assert (shown["held_back"]["seen_before"], shown["tested"]["pairs"], shown["candidates"]["items"]) == (
        0,
        2,
        3,
    )


def test_where_much_is_repeated_repeats_are_part_of_the_task() -> None:
    student, hour = np.repeat(np.arange(20), 4), np.tile(np.arange(4), 20)
    again, anew = events_of(student, hour % 2, hour), events_of(student, hour, hour)
    assert evaluated(material(again, 6))["seen"] == "show"
    assert evaluated(material(anew, 6))["seen"] == "hide"


@pytest.mark.parametrize(
    ("hours", "split"),
    [
        (np.tile(np.arange(4), 20), "time:0.2"),
        (np.zeros(80), "random:0.2"),
        (np.arange(80), "last"),  # one student after the other: a cut would test only the unknown
    ],
)
def test_the_split_is_chosen_by_what_times_tell(hours: np.ndarray, split: str) -> None:
    events = events_of(np.repeat(np.arange(20), 4), np.tile(np.arange(4), 20), hours)
    assert evaluated(material(events, 6))["split"] == split


@pytest.mark.parametrize("text", ["time:0.2", "last", "last:0.3", "random:0.05"])
def test_a_split_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_split(text)) == text
    figures = evaluated(material(no_taste(), OFFERS), split=parse_split(text))
    assert (figures["split"], figures["why"]) == (text, "as asked")


def live_until(hours: float, told: Events) -> Live:
    now = START + int(hours * HOUR)
    lessons = material(told.where(told.time < now), OFFERS).past.lessons
    return Live(7, fit(lessons.catalogue, lessons.events, lessons.students, now))


def test_a_live_model_is_compared_only_where_it_has_not_seen_the_answers() -> None:
    """The cut is at hour 6."""
    told = tastes()
    fair = evaluated(material(told, OFFERS, live=live_until(6, told)), split=parse_split("time:0.25"))
    unfair = evaluated(material(told, OFFERS, live=live_until(6.5, told)), split=parse_split("time:0.25"))
    assert fair["live_model"]["compared"]
    assert fair["methods"]["live"] == fair["methods"]["cobi"]
    assert not unfair["live_model"]["compared"]
    assert "has seen the answers" in unfair["live_model"]["why"]
    assert "live" not in unfair["methods"]
    assert evaluated(material(told, OFFERS))["live_model"] is None


@pytest.mark.parametrize("seed", [0, 3])
def test_the_same_seed_gives_the_same_figures_however_many_are_ranked_at_once(seed: int) -> None:
    told = material(no_taste(), OFFERS)
    figures = evaluated(told, seed=seed, users=50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "CELLS_AT_ONCE", 7 * OFFERS)
        again = evaluated(told, seed=seed, users=50)
    assert again == figures


def test_fewer_users_are_drawn_by_the_seed_from_the_same_split() -> None:
    told = material(no_taste(), OFFERS)
    everybody, few = evaluated(told), evaluated(told, users=20)
    assert few["tested"]["students"] == 20
    assert few["tested"]["of_students"] == everybody["tested"]["students"]
    assert few["training"] == everybody["training"]
    assert few["methods"] != evaluated(told, users=20, seed=1)["methods"]


def test_segments_add_up_to_all() -> None:
    figures = evaluated(material(no_taste(), OFFERS), split=parse_split("random:0.3"), lengths=(5,))
    whole = figures["methods"]["cobi"]["recall@5"]["value"]
    parts = [(one["students"], one["methods"]["cobi"]["recall@5"]["value"]) for one in figures["by_history"]]
    assert sum(count for count, _ in parts) == figures["tested"]["students"]
    assert sum(count * value for count, value in parts) / figures["tested"]["students"] == pytest.approx(
        whole
    )


def test_cobi_minus_a_baseline_is_the_difference_of_their_means() -> None:
    figures = evaluated(material(tastes(), OFFERS), split=parse_split("last"), lengths=(3,))
    for name, differences in figures["cobi_minus"].items():
        for metric, found in differences.items():
            expected = worth(figures, "cobi", metric) - worth(figures, name, metric)
            assert found["value"] == pytest.approx(expected, abs=1e-12)


def test_every_length_has_its_own_figures() -> None:
    figures = evaluated(material(no_taste(), OFFERS), lengths=(3, 20))["methods"]["popularity"]
    assert figures["recall@3"]["value"] < figures["recall@20"]["value"]
    assert {"ndcg@3", "hit_rate@20", "coverage@3", "novelty@20", "mrr", "map"} <= figures.keys()


def test_what_cannot_be_tested_is_told_and_what_can_be_is_named() -> None:
    nobody = events_of([], [], [])
    with pytest.raises(Conflict) as nothing:
        evaluated(material(nobody, 3))
    assert nothing.value.code == "nothing_to_evaluate"
    with pytest.raises(Conflict) as other:
        evaluated(material(tastes(), OFFERS, always(1)), item_type=ItemType.SHOP)
    assert f"{STUDENTS * OWN:,} on OFFER" in (other.value.hint or "")


def test_an_event_alone_is_learned_from_and_leaves_nobody_to_test() -> None:
    with pytest.raises(Conflict, match="with the split last nobody can be tested"):
        evaluated(material(events_of([0], [0], [0]), 3), split=Split(Way.LAST, None))


def test_where_all_that_is_held_back_is_out_of_reach_the_error_says_so() -> None:
    elsewhere = always(OFFERS, region=np.full(OFFERS, HERE + 1))
    with pytest.raises(
        Conflict, match="400 pairs of student and item were held back, 400 of them could not be"
    ):
        evaluated(material(tastes(), OFFERS, elsewhere), split=parse_split("time:0.25"))


def test_few_students_and_kind_splits_come_with_a_warning() -> None:
    few = evaluated(material(events_of([0, 0], [0, 1], [0, 5]), 3), split=Split(Way.LAST, None))
    assert "only 1 students" in few["warnings"][0]
    assert "kinder than life" in few["warnings"][1]
    assert evaluated(material(tastes(), OFFERS), split=parse_split("time:0.2"))["warnings"] == []
