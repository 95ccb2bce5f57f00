"""What anyone could know on the simulated campus: a judge told all of it but what is each student's own.

The judge is given what no marketplace knows: every shop's place among the tastes, quality, generosity, season, how much
each offer is put in front of people, what institute, course and region add to a taste, and the law by which students
choose and reveal. It has to learn the rest, a student's own taste and liking for shops, from what that student
did by themselves in the weeks before; it does so by the posterior mode (Laplace), which no learner from clicks
alone can hope to better by much. Its share of the mind-reader's reveals is what is left to chance and to ignorance.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from benchmarks.quality.campus import interval
from cobi.domain.interaction import InteractionType
from cobi.simulation import browsing
from cobi.simulation.campus import DEMO, Campus
from cobi.simulation.luck import stream
from cobi.simulation.policies import MindReader, fill
from cobi.simulation.slates import react, visitors, visits
from cobi.simulation.world import DAY, WEEK, World, make_world, sigmoid

NOW = 1_780_000_000_000_000
NEWCOMER = 3
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Judge:
    """The posterior mode of each student's own taste and likings."""

    def __init__(self, world: World) -> None:
        self.world, tastes = world, world.campus.tastes
        self.own_share = 1 - tastes.institute_share - tastes.course_share - tastes.region_share
        self.background = _background(world)
        offers, shop = world.offers, world.offers.shop
        self.place = world.shops.place[shop]
        self.common = (
            tastes.shop_quality * world.shops.quality[shop] + tastes.offer_generosity * offers.generosity
        )
        count, self.latent = world.campus.students, tastes.latent
        self.z = np.zeros((count, self.latent))
        self.liking = np.zeros((count, world.campus.shops))

    def utility(self, week: float) -> Floats:
        """What it believes, in logits: students × offers."""
        world, tastes = self.world, self.world.campus.tastes
        season = _season(world, week)[world.shops.theme[world.offers.shop]]
        taste = self.background + np.sqrt(self.own_share) * self.z
        liked = tastes.shop_liking * self.liking[:, world.offers.shop]
        return tastes.shared * taste @ self.place.T + liked + self.common + season

    def study(self, weeks: Sequence[tuple[int, Ints, Ints, Ints, Floats]]) -> None:
        """Learn from (week, students, offers followed, rows of `exposure`, exposure) and what was revealed of it."""
        shape = self.z.shape, self.liking.shape
        cut = self.z.size

        def loss(flat: Floats) -> tuple[float, Floats]:
            self.z, self.liking = flat[:cut].reshape(shape[0]), flat[cut:].reshape(shape[1])
            total, slope = 0.5 * float(flat @ flat), np.zeros((len(self.z), len(self.common)))
            for seen in weeks:
                total += self._week(seen, slope)
            tastes, shop = self.world.campus.tastes, self.world.offers.shop
            of_z = np.sqrt(self.own_share) * tastes.shared * slope @ self.place
            of_liking = np.zeros(shape[1])
            np.add.at(of_liking.T, shop, tastes.shop_liking * slope.T)
            return total, flat + np.concatenate([of_z.ravel(), of_liking.ravel()])

        start = np.concatenate([self.z.ravel(), self.liking.ravel()])
        found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 40})
        self.z, self.liking = found.x[:cut].reshape(shape[0]), found.x[cut:].reshape(shape[1])

    def _week(self, seen: Any, slope: Floats) -> float:
        """−log likelihood of a week: which offer each step followed, and whether what was opened was revealed."""
        week, student, offer, row, exposure, opener, opened, revealed = seen
        habits, utility = self.world.campus.habits, self.utility(week)
        pull = habits.taste_pull * (1 - habits.wandering)
        odds = exposure[row] * np.exp(pull * utility[student])
        mass = odds.sum(axis=1)
        np.add.at(slope, student, pull * odds / mass[:, None])
        np.add.at(slope, (student, offer), -pull)
        told = float(np.log(mass).sum() - pull * utility[student, offer].sum())
        chance = sigmoid(utility[opener, opened] - habits.reveal_bar)
        np.add.at(slope, (opener, opened), chance - revealed)
        return told - float(np.log(np.where(revealed, chance, 1 - chance)).sum())


def _background(world: World) -> Floats:
    """What institute, course and region add to each taste: the mean of those who share all three."""
    rng = stream(world.seed, "students")
    students, constants, campus = world.students, world.campus.tastes, world.campus
    groups = [(students.region, constants.region_share), (students.institute, constants.institute_share)]
    groups.append((students.course, constants.course_share))
    del rng
    taste = np.zeros_like(students.taste)
    both = (students.taste + students.later_taste) / 2
    # Backfitting of the three effects on the true tastes of all students, each shrunken by its share.
    effect = [np.zeros((int(group.max()) + 1, campus.tastes.latent)) for group, _ in groups]
    noise = (1 - sum(share for _, share in groups)) / 2
    for _ in range(30):
        for number, (group, share) in enumerate(groups):
            rest = both - sum(effect[k][g] for k, (g, _) in enumerate(groups) if k != number)
            count = np.bincount(group, minlength=len(effect[number]))[:, None]
            mean = np.zeros_like(effect[number])
            np.add.at(mean, group, rest)
            effect[number] = mean / (count + noise / share)
    for number, (group, _) in enumerate(groups):
        taste += effect[number][group]
    return taste


def _season(world: World, week: float) -> Floats:
    return world.campus.tastes.season * np.sin(2 * np.pi * week / 26 + world.season_phase)


def histories(world: World) -> tuple[list[Any], Ints]:
    """The organic weeks as the judge sees them, and how often each student acted."""
    views = np.zeros(world.campus.offers, np.int64)
    acted = np.zeros(world.campus.students, np.int64)
    weeks: list[Any] = []
    for week in range(world.campus.organic_weeks):
        rng = stream(world.seed, f"browsing/{week}")
        student, day, _ = browsing._sessions(world, week, rng)  # noqa: SLF001 - the same luck as the play's
        offer = np.full(len(student), -1, np.int64)
        shown = browsing._exposure(world, week, views)  # noqa: SLF001
        home = world.students.region
        exposure: list[Floats] = []
        row = np.zeros(len(student), np.int64)
        for today in range(7):
            here = np.flatnonzero(day == today)
            moment = world.start + week * WEEK + today * DAY
            offer[here] = browsing._choose(world, week, moment, student[here], views, rng)  # noqa: SLF001
            for region in range(int(home.max()) + 1):
                allowed = (world.offers.region == region) & world.eligible(moment, week)
                row[here[home[student[here]] == region]] = len(exposure)
                exposure.append(shown * allowed)
        activity = browsing.browse(world, week, views)
        views = activity.offer_counts(InteractionType.PAGE_VIEW, world.campus.offers)
        acted += np.bincount(activity.student, minlength=len(acted))
        there = offer >= 0
        opened = (activity.interaction == InteractionType.PAGE_VIEW) & (activity.item_type == 1)
        revealed = activity.interaction == InteractionType.DISCOUNT_CODE
        keys = activity.student[opened] * world.campus.offers + activity.item[opened]
        hits = activity.student[revealed] * world.campus.offers + activity.item[revealed]
        weeks.append(
            (
                week,
                student[there],
                offer[there],
                row[there],
                np.array(exposure),
                activity.student[opened],
                activity.item[opened],
                np.isin(keys, hits),
            )
        )
    return weeks, acted


def share(campus: Campus, seed: int) -> tuple[float, float, float]:
    """Of the mind-reader's reveals in the first week of slates: everyone's, newcomers', and with likings unlearned."""
    world = make_world(campus, seed, NOW)
    weeks, acted = histories(world)
    week = campus.organic_weeks
    coming = visitors(world, week, stream(seed, f"visits/{week}").random(campus.students))
    seen = visits(world, week, coming, np.full(len(coming), NOW))
    judge = Judge(world)
    judge.study(weeks)
    best = _reveals(world, seen, MindReader().scores(seen))
    own = _reveals(world, seen, _worth(judge.utility(week)[coming], world))
    judge.z[:], judge.liking[:] = 0, 0
    stranger = _reveals(world, seen, _worth(judge.utility(week)[coming], world))
    new = acted[coming] <= NEWCOMER
    return (
        float(own.sum() / best.sum()),
        float(own[new].sum() / best[new].sum()),
        float(stranger.sum() / best.sum()),
    )


def _worth(utility: Floats, world: World) -> Floats:
    habits = world.campus.habits
    return sigmoid(utility - habits.view_bar) * sigmoid(utility - habits.reveal_bar)


def _reveals(world: World, seen: Any, scores: Floats) -> Floats:
    return react(world, seen, fill(scores, seen.eligible, world.campus.slate)).expected_reveals.sum(axis=1)


def main(given: Sequence[str] | None = None) -> None:
    """Run the seeds and print means with intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    found = [share(DEMO, seed) for seed in range(parser.parse_args(given).seeds)]
    for name, values in zip(
        ("everyone", "newcomers", "groups alone, nobody's history"), zip(*found, strict=True), strict=True
    ):
        print(f"{name:32}{interval(values)} of the mind-reader's reveals")


if __name__ == "__main__":
    main()
