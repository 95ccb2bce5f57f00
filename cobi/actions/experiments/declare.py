"""Declaring experiments, starting and stopping them."""

from __future__ import annotations

from typing import Any

from cobi.actions.experiments.advice import advised, summary
from cobi.domain.errors import Conflict, InvalidRequest, NotFound
from cobi.domain.experiments.declaring import parse_plan
from cobi.domain.experiments.experiment import Experiment, Kind, State
from cobi.domain.identifiers import format_id
from cobi.domain.json_values import is_object
from cobi.store import revisions
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.writer import Transaction


def create(transaction: Transaction, experiment_id: bytes, document: Any, now: int) -> dict[str, Any]:
    """Declare an experiment; with `start` it runs at once, with `replace` in the place of the running one."""
    connection = transaction.connection
    start, replace = (_flag(document, name) for name in ("start", "replace"))
    plan = parse_plan(_with_a_name(connection, document) if replace else document)
    if plans.named(connection, plan.name) is not None:
        raise Conflict(f"there is an experiment named {plan.name!r}", code="experiment_exists")
    plans.add(connection, experiment_id, plan, now)
    if replace:
        _stop_others(transaction, plan.kind, now)
    if start or replace:
        return run(transaction, experiment_id, State.RUNNING, now)
    return show(connection, experiment_id)


def run(transaction: Transaction, experiment_id: bytes, state: State, now: int) -> dict[str, Any]:
    """Start an experiment, or stop it for good."""
    connection = transaction.connection
    experiment = find(connection, experiment_id)
    before = State.DRAFT if state is State.RUNNING else State.RUNNING
    if experiment.state is not before:
        message = f"the experiment is {experiment.state.name}, only a {before.name} one can be {state.name}"
        raise Conflict(message, code="experiment_state")
    if state is State.RUNNING:
        _refuse_others(connection, experiment)
        _refuse_unknown_models(connection, experiment)
    plans.set_state(connection, experiment, state, now)
    revisions.move(connection, revisions.EXPERIMENTS)
    revisions.move(connection, revisions.COUNTED)
    return show(connection, experiment_id)


def show(connection: Connection, experiment_id: bytes) -> dict[str, Any]:
    """An experiment with what was last read of it."""
    experiment = find(connection, experiment_id)
    results = plans.results(connection, experiment.key)
    return {**experiment.as_json(), "results": advised(experiment, results)}


def list_all(connection: Connection) -> dict[str, Any]:
    """All experiments, the newest first, with what they came to in short."""
    return {"experiments": [_in_short(connection, one) for one in plans.everything(connection)]}


def _in_short(connection: Connection, experiment: Experiment) -> dict[str, Any]:
    results = advised(experiment, plans.results(connection, experiment.key))
    return {**experiment.as_json(), "summary": None if results is None else summary(experiment, results)}


def find(connection: Connection, experiment_id: bytes) -> Experiment:
    """The experiment of that id; raises NotFound."""
    found = plans.find(connection, experiment_id)
    if found is None:
        raise NotFound(f"experiment {format_id(experiment_id)} is not known", code="unknown_experiment")
    return found


def by_name(connection: Connection, name: str) -> Experiment:
    """The experiment of that name; raises NotFound."""
    found = plans.named(connection, name)
    if found is None:
        raise NotFound(f"there is no experiment named {name!r}", code="unknown_experiment")
    return found


def _flag(document: Any, name: str) -> bool:
    """Take what is no part of a plan out of the document."""
    value = document.pop(name, False) if is_object(document) else False
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} is true or false", code="malformed_experiment")
    return value


def _with_a_name(connection: Connection, document: Any) -> Any:
    """A holdout in the place of another needs a name of its own, as reports tell them apart by it."""
    if not is_object(document) or "name" in document or document.get("kind") != Kind.HOLDOUT.name:
        return document
    taken = {one.plan.name for one in plans.everything(connection)}
    names = ("holdout", *(f"holdout {number}" for number in range(2, len(taken) + 3)))
    return {**document, "name": next(name for name in names if name not in taken)}


def _stop_others(transaction: Transaction, kind: Kind, now: int) -> None:
    for one in plans.running(transaction.connection):
        if one.plan.kind is kind:
            run(transaction, one.experiment_id, State.STOPPED, now)


def _refuse_others(connection: Connection, experiment: Experiment) -> None:
    """Two experiments at once would be in each other's way; a holdout and an experiment are not."""
    kind = experiment.plan.kind
    others = [one.plan.name for one in plans.running(connection) if one.plan.kind is kind]
    if others:
        what = "holdout" if kind is Kind.HOLDOUT else "experiment"
        raise Conflict(f"the {what} {others[0]!r} is running; stop it first", code="experiment_state")


def _refuse_unknown_models(connection: Connection, experiment: Experiment) -> None:
    wanted = {arm.model_version for arm in experiment.plan.arms if arm.model_version is not None}
    for version in sorted(wanted - plans.models(connection)):
        raise NotFound(f"there is no model of version {version}", code="unknown_model")
