"""All settings with their values, who chose them, and every change there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.running import held_out
from cobi.dashboard.settings.inputs import Field, field_of, shown
from cobi.dashboard.wording import count, words
from cobi.domain.organisation_settings import SETTINGS, words_of

AnyRequest = Request[Any, Any, Any]
CHANGES = 20
GROUPS = (
    (
        "Exploration",
        "How far chance changes a list. What it shows is what models and settings are judged by.",
        ("exploration_temperature", "exploration_share"),
    ),
    (
        "Lists",
        "What a list holds beside the best.",
        (
            "most_per_shop",
            "diversity",
            "seen_offers",
            "seen_shops",
            "seen_tags",
            "seen_keywords",
            "seen_days",
        ),
    ),
    ("Attribution", "Which answer is credited with what came of it.", ("attribution_touch",)),
    (
        "Limits",
        "How often each key may ask. The server allows {allowed}; what is chosen here can only be less.",
        ("recommendations_per_minute", "data_requests_per_minute"),
    ),
    (
        "Models",
        "When a model is trained, and what it may do by itself.",
        (
            *("auto_promote", "auto_rollback", "training_every_hours"),
            *("training_after_interactions", "model_retention_days"),
        ),
    ),
)
"""Every setting in the card it belongs to; what is declared and in no card is listed in the last one."""


@dataclass(frozen=True)
class Chosen:
    """A setting: its field, what it means, and who chose its value when; `by` None where the default holds."""

    field: Field
    code: str
    meaning: str
    value: str
    by: str | None
    changed: str | None


@dataclass(frozen=True)
class Group:
    """Settings that belong together."""

    id: str
    name: str
    about: str
    settings: Sequence[Chosen]


@dataclass(frozen=True)
class Change:
    """That somebody chose another value."""

    name: str
    before: str
    after: str
    when: str
    by: str


@dataclass(frozen=True)
class Context:
    """What the page shows; `problem` says what was wrong with the values before."""

    groups: Sequence[Group]
    held_out: str | None
    changes: Sequence[Change]
    next: str | None
    problem: str | None


@get("/settings")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """What the organisation has chosen for itself."""
    visit = await dashboard.enter(request, "admin", own_limit=False)
    page = await page_of(dashboard, visit, cursor=request.query_params.get("cursor"))
    return await dashboard.render("settings.html", visit.frame("Settings"), page)


async def page_of(
    dashboard: Dashboard,
    visit: Visit,
    cursor: str | None = None,
    sent: Mapping[str, str] | None = None,
    problem: str | None = None,
) -> Context:
    """The page with everything that is asked for it."""
    settings = visit.service.settings
    told = await run(settings.show)
    changes = await run(settings.changes, CHANGES, cursor)
    experiments = await run(visit.service.experiments.list)
    keys = await run(dashboard.gate.registry.keys.list, visit.key.organisation)
    page = context(told, changes, experiments, labels_of(keys), sent or {}, problem)
    return replace(page, groups=[_with_limits(group, dashboard.gate.allowed) for group in page.groups])


def context(
    told: Mapping[str, Any],
    changes: Mapping[str, Any],
    experiments: Mapping[str, Any],
    labels: Mapping[str, str],
    sent: Mapping[str, str],
    problem: str | None = None,
) -> Context:
    """The page of what `GET /v1/settings`, `…/changes`, `GET /v1/experiments` and `GET /v1/keys` answer."""
    known = {one["name"]: _chosen(one, labels, sent) for one in told["settings"]}
    *groups, (last, about, names) = GROUPS
    placed = {name for _, _, own in GROUPS for name in own}
    rest = [*names, *(name for name in known if name not in placed)]
    return Context(
        [
            Group(name.lower(), name, why, [known[one] for one in own])
            for name, why, own in [*groups, (last, about, rest)]
        ],
        held_out(experiments),
        [_change(one, labels) for one in changes["changes"]],
        changes["next_cursor"],
        problem,
    )


def labels_of(keys: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What those are called who are written down as `key ID`."""
    return {f"key {one['id']}": f"{one['label']} (key {one['id']})" for one in keys if one["label"]}


def _with_limits(group: Group, allowed: tuple[int, int]) -> Group:
    recommendations, others = (count(number) if number else "any number of" for number in allowed)
    told = f"{recommendations} recommendations and {others} other requests a minute"
    return replace(group, about=group.about.format(allowed=told))


def _chosen(told: Mapping[str, Any], labels: Mapping[str, str], sent: Mapping[str, str]) -> Chosen:
    name, setting = told["name"], SETTINGS[told["name"]]
    own = "" if told["changed"] is None else words_of(told["value"])
    empty = f"{shown(told['default'])}, the default"
    by = told["by"] and labels.get(told["by"], told["by"])
    field = field_of(setting, name, sent.get(name, own), empty)
    return Chosen(field, name, told["meaning"], shown(told["value"]), by, told["changed"])


def _change(told: Mapping[str, Any], labels: Mapping[str, str]) -> Change:
    before, after = (_value(told["name"], told[side]) for side in ("before", "after"))
    return Change(
        words(told["name"]).capitalize(), before, after, told["changed"], labels.get(told["by"], told["by"])
    )


def _value(name: str, value: Any) -> str:
    if value is not None:
        return shown(value)
    setting = SETTINGS.get(name)
    return "the default" if setting is None else f"{shown(setting.default)}, the default"
