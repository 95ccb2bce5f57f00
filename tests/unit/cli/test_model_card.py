"""The card of a model in a terminal."""

from __future__ import annotations

from rich.console import Console

from cobi.cli.model_card import ways, worth
from cobi.domain.model_card import spared

FIGURES = {
    "cases": 1234,
    "judged": "NDCG@10 and recall@20",
    "worth": 0.25,
    "worth_interval": 0.01,
    "alone": {"hop": 0.2, "ridge": 0.21, "own": 0.05, "sequence": 0.1},
    "alone_interval": {"hop": 0.011, "ridge": 0.012, "own": 0.013, "sequence": 0.014},
    "brings": {"hop": 0.004, "ridge": 0.03},
    "brings_interval": {"hop": 0.0015, "ridge": 0.0025},
}
WEIGHTS = {"hop": 1.0, "ridge": 0.5, "popularity": 0.01}
OF_BEFORE = {name: value for name, value in FIGURES.items() if not name.endswith("_interval")}


def lines(figures: dict) -> list[str]:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(ways(figures, WEIGHTS))
    return [" ".join(line.split()) for line in captured.get().splitlines() if line.strip("─ ")]


def test_the_way_that_brings_most_comes_first_and_each_figure_has_its_interval() -> None:
    assert lines(FIGURES)[1:] == [
        "ridge 0.500 0.2100 ± 0.0120 +0.0300 ± 0.0025",
        "hop 1.000 0.2000 ± 0.0110 +0.0040 ± 0.0015",
        "sequence not used 0.1000 ± 0.0140 –",
        "own not used 0.0500 ± 0.0130 –",
        "popularity 0.010 – –",
    ]
    assert (
        worth(FIGURES) == "worth 0.2500 ± 0.0100 on 1,234 students when it was tuned (NDCG@10 and recall@20)"
    )


def test_a_card_of_before_ways_had_intervals_is_told_without_them() -> None:
    assert lines(OF_BEFORE)[1] == "ridge 0.500 0.2100 +0.0300"
    assert worth({}) is None


def test_what_is_not_counted_is_told_with_the_ways_left_out_and_what_they_would_bring() -> None:
    figures = FIGURES | {
        "spared": {"pairs": {"ways": ["hop", "ridge"], "loss": -0.0002, "loss_interval": 0.001}}
    }
    assert spared(figures) == [
        "hop, ridge left out, so that what is touched together need not be counted: with them -0.0002 ± 0.0010"
    ]
    assert spared(FIGURES) == []
