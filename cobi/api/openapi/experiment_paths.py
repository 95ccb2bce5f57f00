"""The operations of experiments, and of the settings they are beside."""

from __future__ import annotations

from cobi.api.openapi.experiments import METRIC, experiment_to_make
from cobi.api.openapi.operation import ONCE, operation
from cobi.api.openapi.parameters import IDEMPOTENCY_KEY, in_path, in_query, paging
from cobi.api.openapi.recommendations import settings_to_choose
from cobi.api.openapi.schemas import UUID, Schema, reference


def experiment_paths() -> Schema:
    """What can be asked about experiments."""
    one, own = reference("Experiment"), [in_path("experiment_id", UUID, "The experiment.")]
    made = operation(
        "Declare an experiment or a holdout",
        "admin",
        {**ONCE, 201: one, 409: reference("Error")},
        [IDEMPOTENCY_KEY],
        experiment_to_make(),
    )
    states = {200: one, 409: reference("Error")}
    return {
        "/v1/experiments": {
            "post": made,
            "get": operation("All experiments", "report", {200: reference("Experiments")}),
        },
        "/v1/experiments/{experiment_id}": {
            "get": operation("An experiment with its figures", "report", {200: one}, own)
        },
        "/v1/experiments/{experiment_id}/days": {"get": _experiment_days(own)},
        "/v1/experiments/{experiment_id}/start": {
            "post": operation("Let an experiment run from now on", "admin", states, own)
        },
        "/v1/experiments/{experiment_id}/stop": {
            "post": operation("Let an experiment end for good", "admin", states, own)
        },
    }


def _experiment_days(own: list[Schema]) -> Schema:
    metric = in_query("metric", METRIC, "Which one; absent, the main metric.")
    summary = "One metric as of the end of each day"
    return operation(summary, "report", {200: reference("ExperimentDays")}, [*own, metric])


def settings_paths() -> Schema:
    """What can be asked about settings."""
    found = {200: reference("Settings")}
    either: dict[int, Schema] = {200: {"anyOf": [reference("Settings"), reference("SettingsForetold")]}}
    only = in_query("dry_run", {"type": "boolean", "default": False}, "Only tell what it would change.")
    summary = "Choose settings; null is the default"
    change = operation(summary, "admin", either, [only], settings_to_choose())
    return {
        "/v1/settings": {
            "get": operation("What the organisation has chosen for itself", "admin", found),
            "put": change,
        },
        "/v1/settings/changes": {
            "get": operation(
                "Who changed which setting, newest first",
                "admin",
                {200: reference("SettingChanges")},
                paging(50, 500),
            )
        },
    }
