"""The figures of an evaluation as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from cobi.cli.options import console, table

_NAMES = {"popularity": "popularity", "one-hop": "one hop", "cobi": "Cobi", "live": "live model"}
_WHOLE_RANKING = ("mrr", "map")

Figures = Mapping[str, Any]


def print_evaluation(figures: Figures) -> None:
    """How it was tested, how everybody did, by segment, and what to be careful with."""
    out = console()
    print(*_how(figures), sep="\n")
    out.print(_overall(figures))
    out.print(_differences(figures))
    first = next(iter(figures["methods"]["cobi"]))
    out.print(_segments("events before", first, figures["by_history"], _events))
    out.print(_segments(f"{figures['item_type'].lower()}'s age", first, figures["by_age"], _days))
    print(*_remarks(figures), sep="\n")


def _how(figures: Figures) -> Iterable[str]:
    training, held, tested = figures["training"], figures["held_back"], figures["tested"]
    cut = f", cut at {figures['cut']}" if figures["cut"] else ""
    repeats = f"{100 * held['repeated_share']:.0f} % of what is held back repeats"
    seen = "not shown again" if figures["seen"] == "hide" else "shown too"
    yield f"Split {figures['split']} ({figures['why']}{cut}); what a student had touched before is {seen} ({repeats})."
    yield f"Learned from {training['events']:,} events of {training['students']:,} students."
    yield (
        f"Held back {held['pairs']:,} pairs of student and {figures['item_type'].lower()}; of these "
        f"{held['not_available']:,} could not be shown then and {held['seen_before']:,} had been seen."
    )
    sampled = f" of {tested['of_students']:,}" if tested["students"] < tested["of_students"] else ""
    yield (
        f"Tested {tested['students']:,}{sampled} students on {tested['pairs']:,} pairs, each among "
        f"{figures['candidates']['per_student']:,.0f} candidates on average, all of them ranked."
    )


def _overall(figures: Figures) -> Table:
    methods = figures["methods"]
    made = table("mean over students, ± 95 %", *(_NAMES[name] for name in methods), right=_NAMES.values())
    for metric in methods["cobi"]:
        cells = [_cell(own[metric]) for own in methods.values()]
        made.add_row(_title(metric), *cells, end_section=False)
    return made


def _differences(figures: Figures) -> Table:
    minus = figures["cobi_minus"]
    titles = [f"Cobi − {_NAMES[name]}" for name in minus]
    made = table("on the same students, 95 %", *titles, right=titles)
    for metric in figures["methods"]["cobi"]:
        made.add_row(_title(metric), *(_between(own[metric]) for own in minus.values()))
    return made


def _segments(title: str, metric: str, segments: Iterable[Figures], name: Any) -> Table:
    segments = list(segments)
    names = list(segments[0]["methods"]) if segments else []
    made = table(title, "students", *(_NAMES[one] for one in names), right=("students", *_NAMES.values()))
    made.title = f"{_title(metric)} by {title}"
    for segment in segments:
        cells = [_cell(own[metric]) for own in segment["methods"].values()]
        made.add_row(name(segment), f"{segment['students']:,}", *cells)
    return made


def _remarks(figures: Figures) -> Iterable[str]:
    live = figures["live_model"]
    if live is not None:
        verb = "is compared" if live["compared"] else "is not compared"
        yield f"The live model (version {live['version']}) {verb}: {live['why']}."
    for warning in figures["warnings"]:
        yield f"Beware: {warning}."


def _cell(figure: Figures) -> str:
    return f"{figure['value']:.4f} ± {(figure['high'] - figure['low']) / 2:.4f}"


def _between(figure: Figures) -> str:
    return f"{figure['value']:+.4f} ({figure['low']:+.4f} to {figure['high']:+.4f})"


def _title(metric: str) -> str:
    name, at, k = metric.partition("@")
    words = {"ndcg": "NDCG", "mrr": "MRR", "map": "MAP", "hit_rate": "hit rate"}.get(name, name)
    unit = ", bits" if name == "novelty" else ""
    return f"{words}{at}{k}{unit}"


def _events(segment: Figures) -> str:
    return _span(segment["from_events"], segment["to_events"], "")


def _days(segment: Figures) -> str:
    return _span(segment["from_days"], segment["to_days"], " days")


def _span(first: int, last: int | None, unit: str) -> str:
    if last is None:
        return f"{first}+{unit}"
    return f"{first}{unit}" if first == last else f"{first}–{last}{unit}"
