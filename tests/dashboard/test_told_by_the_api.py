"""Pages work nothing out: what they ask of the service is what the requests ask that the documentation names."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from cobi.dashboard.frame import PLACES
from cobi.service.answers import Answers
from cobi.service.catalogue import Catalogue
from cobi.service.evaluations import Evaluations
from cobi.service.experiments import Experiments
from cobi.service.keyring import Keyring
from cobi.service.models import Models
from cobi.service.organisation_settings import OrganisationSettings
from cobi.service.reports import Reports
from cobi.service.segments import Segments
from cobi.service.service import Service
from cobi.service.students import Students
from cobi.service.training import Training
from tests.dashboard.conftest import Person
from tests.factories import an_id, minimal, upload
from tests.marketplace import marketplace

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "dashboard.md"
ASKED = (
    Answers,
    Catalogue,
    Evaluations,
    Experiments,
    Keyring,
    Models,
    OrganisationSettings,
    Reports,
    Segments,
    Students,
    Training,
)
OF_SERVICE = ("refused", "retry", "drop_refused")
NOT_PAGES = {"Keyring.authenticate", "Catalogue.keep_counted", "OrganisationSettings.values"}
"""What every request asks, and what the server does by itself."""

PARTS = {
    "Reports.how_things_stand": "Reports.overview",
    "Segments.describe": "Segments.read",
    "Segments.at_once": "Segments.preview",
    "Segments.at_once_of": "Segments.preview",
    "Segments.resolve": "Catalogue.search",
    "Segments.choices": "Catalogue.search",
}
"""What tells a part of what another one tells, as a page has less time."""

PAGES = {
    "Overview": ["/", "/overview/now"],
    "Effectiveness": [
        *("/effectiveness", "/effectiveness?by=shop&against=before", "/effectiveness/answers"),
        *("/effectiveness/interactions", "/effectiveness/claims", "/effectiveness/table?format=csv"),
        "/effectiveness/table?format=parquet",
    ],
    "Experiments": [
        *("/experiments", "/experiments/{experiment_id}", "/experiments/{experiment_id}/start"),
        *("/experiments/new", "/experiments/holdout"),
    ],
    "Models": [
        *("/models", "/models/{version}", "/models/compare?a=1&b=2", "/models/{version}/promote"),
        *("/models/rollback", "/models/training", "/models/evaluations"),
    ],
    "Students": ["/students", "/students/{customer_id}?why_not=Pizza"],
    "Catalogue": ["/catalogue", "/catalogue?kind=shops", "/catalogue/offers/{item_id}", "/catalogue?unshown=0"],
    "Segments": [
        *("/segments", "/segments/listed", "/segments/{segment_id}", "/segments/gets?of={segment_id}"),
        *("/segments/new?kind0=did&of0=Pizza Corner", "/segments/count?kind0=age&low0=20"),
        *("/segments/suggested", "/segments/suggested/found", "/segments/{segment_id}/delete"),
    ],
    "Data quality": ["/quality", "/quality?type=offers", "/quality/mend?type=offers", "/quality/drop?type=offers"],
    "Keys": ["/keys"],
    "Settings": ["/settings", "/settings/change?diversity=0.5"],
}  # fmt: skip
BODIES: dict[str, Any] = {"/v1/segments/preview": {"rule": {}}, "/v1/settings": {"diversity": 0.5}}


@pytest.fixture
def ids(service: Service) -> dict[str, str]:
    """What stands for the names in addresses; there is one of each."""
    marketplace(service)
    service.reports.examine()
    upload(service, "offers", minimal("offers", 99, shop_id=an_id("nothing")))
    for _ in range(2):
        service.learning.train(promote=True)
    declared = service.experiments.create({"name": "trial", "arms": [{"name": "a"}, {"name": "b"}]})
    segment = service.segments.create({"name": "All", "rule": {"did": {"shops": [an_id("shops")]}}})
    return {
        "experiment_id": declared["experiment_id"],
        "segment_id": segment["segment_id"],
        "customer_id": an_id("customers"),
        "item_id": an_id("offers"),
        "kind": "offers",
        "version": "1",
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What was asked of the service, since it was cleared."""
    heard: set[str] = set()
    for owner in (*ASKED, Service):
        names = OF_SERVICE if owner is Service else [name for name in vars(owner) if not name.startswith("_")]
        for name in names:
            found = vars(owner)[name]
            if callable(found):
                monkeypatch.setattr(owner, name, _heard(found, f"{owner.__name__}.{name}", heard))
    return heard


def _heard(method: Callable[..., Any], name: str, heard: set[str]) -> Callable[..., Any]:
    @wraps(method)
    def called(*given: Any, **named: Any) -> Any:
        heard.add(name)
        return method(*given, **named)

    return called


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """Of each page, the requests that tell what it shows, and those that do what it does."""
    table = HOW_TO.read_text().partition("## Where its figures come from")[2].partition("\n## ")[0]
    found = re.findall(r"(?m)^\| ([A-Z][\w ]+) \| (.+) \| (.+) \|$", table)
    return {
        page: (re.findall(r"`([^`]+)`", shows), re.findall(r"`([^`]+)`", does)) for page, shows, does in found
    }


@pytest.mark.parametrize("page", [place.name for place in PLACES])
def test_a_page_asks_no_more_of_the_service_than_its_requests(
    person: Person, ids: dict[str, str], asked: set[str], key: str, page: str
) -> None:
    asked.clear()
    for path in PAGES[page]:
        assert person.get(path.format(**ids)).status_code == 200, path
    by_page = {PARTS.get(one, one) for one in asked - NOT_PAGES}
    asked.clear()
    for request in rows()[page][0]:
        method, _, path = request.partition(" ")
        where = path.format(**ids)
        body = BODIES.get(where.partition("?")[0]) if method in ("POST", "PUT") else None
        told = person.client.request(method, where, json=body, headers={"Authorization": f"Bearer {key}"})
        assert told.status_code == 200, request
    assert by_page
    assert by_page <= asked


def test_what_pages_do_are_requests_of_the_api(person: Person) -> None:
    known = person.client.get("/v1/openapi.json").json()["paths"]
    for _, does in rows().values():
        for request in does:
            method, _, path = request.partition(" ")
            assert method.lower() in known[path], request


def test_what_is_renewed_on_the_overview_is_a_part_of_it(service: Service) -> None:
    service.reports.overview()
    assert service.reports.how_things_stand().items() <= service.reports.overview().items()
