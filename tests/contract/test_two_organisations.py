"""Nothing of one organisation ever shows in another, or is changed by it: whatever ids, cursors and keys are sent."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from httpx import Response
from hypothesis import HealthCheck, Phase
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from litestar.testing import TestClient
from sqlalchemy import select

from cobi.domain.moments import SECOND
from cobi.service.catalogue import Catalogue as CatalogueService
from cobi.service.evaluations import Evaluations
from cobi.service.registry import Registry
from cobi.service.training import Training
from cobi.store.schema import metadata
from tests.factories import NOON, an_id, interaction, minimal, upload_all

NAMED = ("shops", "tags", "keywords", "offers", "customers")
KINDS = st.sampled_from(NAMED)
WHO = st.sampled_from([0, 1])
# Few numbers, so that both organisations have records, segments and requests of the same id.
NUMBERS = st.integers(0, 3)
PICKS = st.integers(0, 1000)
NOBODYS = {
    "job": an_id("jobs"),
    "evaluation": an_id("jobs"),
    "cursor": "",
    "answer": "",
    "segment": "x",
    "refused": an_id("quarantine"),
    "experiment": an_id("nobody's"),
}


class Organisation:
    """One of the two: its caller, what marks its data, and the handles it was given."""

    def __init__(self, registry: Registry, client: TestClient, name: str) -> None:
        self.name = name
        self.key = registry.create_key(name, frozenset({"admin"}))
        self.service = registry.named(name)
        self.client = client
        self.mark = f"{name} only"
        kinds = (
            "cursor",
            "answer",
            "segment",
            "key",
            "refused",
            "receipt",
            "experiment",
            "job",
            "evaluation",
        )
        self.handles: dict[str, list[str]] = {kind: [] for kind in kinds}
        # What nobody else was told or could have made up.
        self.own: set[str] = set()
        self.registry, self.organisation = registry, registry.find(name)
        self.trained = 0
        for key in registry.keys.list(self.organisation):
            self.learn("key", key["id"])

    def call(self, method: str, path: str, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def learn(self, kind: str, handle: str | None) -> None:
        if handle is not None:
            self.handles[kind].append(handle)
        if handle is not None and kind in ("answer", "key", "refused", "receipt"):
            self.own.add(handle)


class TwoOrganisations(RuleBasedStateMachine):
    """Two callers of one server who send each other's ids, cursors and keys."""

    def __init__(self, both: list[Organisation]) -> None:
        super().__init__()
        self.both = both

    def call(self, who: int, method: str, path: str, **more: Any) -> Response:
        """Call as one of them; what the other has must neither show in the answer nor be changed."""
        me, other = self.both[who], self.both[1 - who]
        before = everything(other)
        answer = me.call(method, path, **more)
        sent = f"{path} {more}"
        assert answer.status_code < 500
        assert other.mark not in answer.text
        assert not [own for own in other.own if own in answer.text and own not in sent and own not in me.own]
        assert everything(other) == before
        return answer

    def handle(self, kind: str, pick: int) -> str:
        """A handle that either of them was given."""
        found = [handle for one in self.both for handle in one.handles[kind]]
        return found[pick % len(found)] if found else NOBODYS[kind]

    def waiting(self, who: int) -> set[str]:
        """What customers of its own an organisation has in quarantine."""
        records = self.call(who, "GET", "/v1/quarantine?type=customers").json()["records"]
        return {record["quarantine_id"] for record in records}

    @rule(who=WHO, kind=KINDS, number=NUMBERS, named=st.booleans())
    def upload(self, who: int, kind: str, number: int, named: bool) -> None:
        marked = "gender" if kind == "customers" else "name"
        record = minimal(kind, number, **{marked: f"{self.both[who].mark} {number}"})
        headers = {"Idempotency-Key": f"{kind} {number}".replace(" ", "-")} if named else {}
        answer = self.call(who, "POST", f"/v1/data/{kind}", json={"records": [record]}, headers=headers)
        assert answer.status_code == 200

    @rule(who=WHO, number=NUMBERS, named=st.booleans())
    def upload_what_is_refused(self, who: int, number: int, named: bool) -> None:
        record = minimal("customers", number, gender=self.both[who].mark, region="nowhere")
        headers = {"Idempotency-Key": f"refused-{number}"} if named else {}
        answer = self.call(who, "POST", "/v1/data/customers", json={"records": [record]}, headers=headers)
        assert answer.status_code == 400
        for refused in self.waiting(who):
            self.both[who].learn("refused", refused)

    @rule(who=WHO, pick=PICKS, drop=st.booleans())
    def look_at_what_is_refused_or_drop_it(self, who: int, pick: int, drop: bool) -> None:
        refused = self.handle("refused", pick)
        own = refused in self.waiting(who)
        answer = self.call(who, "DELETE" if drop else "GET", f"/v1/quarantine/{refused}")
        assert answer.status_code == (200 if own else 404)

    @rule(who=WHO, picks=st.lists(PICKS, min_size=1, max_size=4), everything=st.booleans())
    def retry(self, who: int, picks: list[int], everything: bool) -> None:
        ids = [self.handle("refused", pick) for pick in picks]
        rules = [{"set": "region", "value": "BH"}]
        order = {"type": "customers", "rules": rules, **({} if everything else {"ids": ids})}
        before = self.waiting(who)
        answer = self.call(who, "POST", "/v1/quarantine/retry", json=order)
        assert answer.json()["examined"] == len(before if everything else before & set(ids))

    @rule(who=WHO, everything=st.booleans())
    def drop_all(self, who: int, everything: bool) -> None:
        wanted = {"all": "true"} if everything else {"type": "customers"}
        assert self.call(who, "DELETE", "/v1/quarantine", params=wanted).status_code == 200
        assert self.waiting(who) == set()

    @rule(who=WHO, number=NUMBERS)
    def export_a_student(self, who: int, number: int) -> None:
        path = f"/v1/data/customers/{an_id('customers', number)}/export"
        assert self.call(who, "GET", path).status_code in (200, 404)

    @rule(who=WHO, number=NUMBERS)
    def erase_a_student(self, who: int, number: int) -> None:
        answer = self.call(who, "DELETE", f"/v1/data/customers/{an_id('customers', number)}")
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            self.both[who].learn("receipt", answer.json()["receipt_id"])
        listed = self.call(who, "GET", "/v1/erasures").json()["receipts"]
        assert {receipt["receipt_id"] for receipt in listed} == set(self.both[who].handles["receipt"])

    @rule(who=WHO, number=NUMBERS, second=st.integers(0, 50), pick=PICKS)
    def interact(self, who: int, number: int, second: int, pick: int) -> None:
        answered = self.handle("answer", pick)
        claim = {"source": "COBI", "recommendation_id": answered} if answered else {}
        sent = interaction(
            item_id=an_id("offers", number),
            student_id=None if number == 3 else an_id("customers", number),
            city=self.both[who].mark,
            event_timestamp=NOON // SECOND + second,
            **claim,
        )
        self.call(who, "POST", "/user-interactions", json=sent)
        # From now on it may well be told what it said itself.
        self.both[who].own |= {answered} - {""}

    @rule(who=WHO, number=NUMBERS, segments=st.sampled_from(["true", "false"]))
    def recommend(self, who: int, number: int, segments: str) -> None:
        path = f"/v1/recommendations/customers/{an_id('customers', number)}"
        wanted = {"includeSegments": segments, "regions": "BH,AE", "explain": "true"}
        answer = self.call(who, "GET", path, params=wanted)
        for given in answer.json() if answer.status_code == 200 else []:
            self.both[who].learn("answer", given["recommendation_id"])

    @rule(who=WHO, number=NUMBERS)
    def make_a_segment(self, who: int, number: int) -> None:
        segment: dict[str, Any] = {
            "segment_id": an_id("segments", number + 2 * who),
            "name": f"segment {number}",
        }
        headers = {"Idempotency-Key": f"segment-{number}"}
        segment["rule"] = {"regions": ["BH"]}
        answer = self.call(who, "POST", "/v1/segments", json=segment, headers=headers)
        # Changed since, it is in the way of the same one again; deleted, its id is never given again.
        assert answer.status_code in (201, 409)
        if answer.status_code == 201 and "Idempotency-Replayed" not in answer.headers:
            self.both[who].learn("segment", answer.json()["segment_id"])

    @rule(who=WHO, pick=PICKS)
    def use_a_segment(self, who: int, pick: int) -> None:
        segment = self.handle("segment", pick)
        known = segment in self.both[who].handles["segment"]
        read = self.call(who, "GET", f"/v1/segments/{segment}")
        served = self.call(who, "GET", f"/v1/recommendations/segments/{segment}")
        assert (read.status_code == 200, served.status_code == 200) == (known, known)

    @rule(who=WHO, pick=PICKS, number=NUMBERS)
    def change_a_segment(self, who: int, pick: int, number: int) -> None:
        segment = self.handle("segment", pick)
        known = segment in self.both[who].handles["segment"]
        changed = {"name": f"segment {number}", "rule": {"did": {"shops": [an_id("shops", number)]}}}
        answer = self.call(who, "PUT", f"/v1/segments/{segment}", json=changed)
        assert answer.status_code in ((200, 409) if known else (400, 404))

    @rule(who=WHO, pick=PICKS)
    def delete_a_segment(self, who: int, pick: int) -> None:
        segment = self.handle("segment", pick)
        known = segment in self.both[who].handles["segment"]
        answer = self.call(who, "DELETE", f"/v1/segments/{segment}")
        assert (answer.status_code == 200) == known
        if known:
            self.both[who].handles["segment"] = [
                one for one in self.both[who].handles["segment"] if one != segment
            ]

    @rule(who=WHO, number=NUMBERS)
    def try_a_rule_out(self, who: int, number: int) -> None:
        rule = {"any": [{"regions": ["BH"]}, {"did": {"offers": [an_id("offers", number)]}}]}
        assert self.call(who, "POST", "/v1/segments/preview", json={"rule": rule}).status_code == 200

    @rule(who=WHO, kind=KINDS, number=NUMBERS)
    def read_a_record(self, who: int, kind: str, number: int) -> None:
        answer = self.call(who, "GET", f"/v1/data/{kind}/{an_id(kind, number)}")
        assert answer.status_code in (200, 404)

    @rule(
        who=WHO,
        path=st.sampled_from(
            [*(f"/v1/data/{kind}" for kind in NAMED), "/user-interactions", "/v1/quarantine"]
        ),
        number=st.none() | NUMBERS,
        pick=PICKS,
    )
    def read_a_page(self, who: int, path: str, number: int | None, pick: int) -> None:
        cursor = self.handle("cursor", pick)
        wanted: dict[str, str | int] = {"limit": 2, "cursor": cursor} if cursor else {"limit": 1}
        if number is not None:
            wanted["item_id"] = an_id("offers", number)
        answer = self.call(who, "GET", path, params=wanted)
        if answer.status_code == 200:
            self.both[who].learn("cursor", answer.json()["next_cursor"])

    @rule(who=WHO)
    def read_what_is_there(self, who: int) -> None:
        for path in (
            "/v1/data",
            "/v1/arrivals",
            "/v1/models",
            "/v1/models/train",
            "/v1/models/evaluations",
            "/v1/segments",
            "/v1/segments/suggestions",
            "/v1/reports/effectiveness",
            "/v1/reports/comparison",
            "/v1/reports/items",
            "/v1/reports/effectiveness/answers",
            "/v1/reports/effectiveness/interactions",
            "/v1/reports/claims",
            "/v1/experiments",
            "/v1/doctor",
            "/v1/overview",
            "/v1/keys",
            "/v1/erasures",
        ):
            assert self.call(who, "GET", path).status_code == 200
        metrics = self.call(who, "GET", "/metrics").text
        assert f'organisation="{self.both[1 - who].name}"' not in metrics

    @rule(who=WHO, version=st.integers(1, 4), path=st.sampled_from(["promote", "rollback"]))
    def change_the_live_model(self, who: int, version: int, path: str) -> None:
        known = version <= self.both[who].trained
        assert (self.call(who, "GET", f"/v1/models/{version}").status_code == 200) == known
        other = self.call(who, "GET", f"/v1/models/compare?a=1&b={version}")
        assert (other.status_code == 200) == known
        if path == "promote":
            answer = self.call(
                who, "POST", f"/v1/models/{version}/promote", json={"reason": self.both[who].mark}
            )
            assert (answer.status_code == 200) == known
        else:
            assert self.call(who, "POST", "/v1/models/rollback").status_code in (200, 409)

    @rule(who=WHO, pick=PICKS)
    def look_at_a_job_or_cancel_it(self, who: int, pick: int) -> None:
        for kind, path in (("job", "train"), ("evaluation", "evaluations")):
            job = self.handle(kind, pick)
            known = job in self.both[who].handles[kind]
            for method in ("GET", "DELETE"):
                answer = self.call(who, method, f"/v1/models/{path}/{job}")
                assert (answer.status_code == 200) == known

    @rule(who=WHO, number=NUMBERS, start=st.booleans())
    def declare_an_experiment(self, who: int, number: int, start: bool) -> None:
        arms = [{"name": "control"}, {"name": self.both[who].mark, "list": "POPULAR"}]
        plan = {"name": f"experiment {number}", "arms": arms, "start": start}
        answer = self.call(who, "POST", "/v1/experiments", json=plan)
        assert answer.status_code in (201, 409)
        if answer.status_code == 201:
            self.both[who].learn("experiment", answer.json()["experiment_id"])

    @rule(who=WHO, pick=PICKS, verb=st.sampled_from(["", "/start", "/stop"]))
    def use_an_experiment(self, who: int, pick: int, verb: str) -> None:
        experiment = self.handle("experiment", pick)
        known = experiment in self.both[who].handles["experiment"]
        answer = self.call(who, "POST" if verb else "GET", f"/v1/experiments/{experiment}{verb}")
        assert (answer.status_code == 404) == (not known)

    @rule(who=WHO, pick=PICKS)
    def rotate_the_others_key(self, who: int, pick: int) -> None:
        keys = self.both[1 - who].handles["key"]
        key = keys[pick % len(keys)]
        assert self.call(who, "POST", f"/v1/keys/{key}/rotate").status_code == 404
        assert self.call(who, "DELETE", f"/v1/keys/{key}").status_code == 404

    @rule(who=WHO)
    def make_a_key_and_end_it(self, who: int) -> None:
        made = self.call(who, "POST", "/v1/keys", json={"scopes": ["ingest"]}).json()
        self.both[who].learn("key", made["id"])
        self.both[who].own.add(made["key"])
        assert self.call(who, "DELETE", f"/v1/keys/{made['id']}").json()["status"] == "revoked"


def everything(one: Organisation) -> list[Any]:
    """Every row of every table of an organisation, and its keys."""
    with one.service.snapshot() as snapshot:
        rows = [snapshot.connection.execute(select(table)).all() for table in metadata.sorted_tables]
    return [*rows, one.registry.keys.list(one.organisation)]


@pytest.fixture
def both(registry: Registry, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> list[Organisation]:
    # What a server counts now and then is nobody's request.
    monkeypatch.setattr(CatalogueService, "keep_counted", lambda _: None)
    pair = [Organisation(registry, client, name) for name in ("alpha", "beta")]
    for one in pair:
        upload_all(one.service)
        one.service.learning.train()
        # A training and an evaluation that nobody works on: the process that is to is this one.
        jobs = one.service._core, partial(getattr, one.service, "learning"), lambda *_: None
        one.learn("job", Training(*jobs).request(by=one.mark)["job_id"])
        one.learn("evaluation", Evaluations(*jobs).request({}, by=one.mark)["job_id"])
        one.trained = 1
    pair[0].service.learning.train()
    pair[0].trained = 2
    return pair


def test_whatever_two_organisations_ask_neither_meets_the_other(both: list[Organisation]) -> None:
    class Machine(TwoOrganisations):
        def __init__(self) -> None:
            super().__init__(both)

    few = property_settings(
        max_examples=4,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        database=None,
        # Both go on from example to example, so a failure cannot be made smaller.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Machine, settings=few)


def test_another_organisations_recommendation_id_is_as_unknown_as_none(both: list[Organisation]) -> None:
    alpha, beta = both
    [served] = beta.call("GET", f"/v1/recommendations/customers/{an_id('customers')}").json()
    claim = interaction(source="COBI", recommendation_id=served["recommendation_id"])
    assert alpha.call("POST", "/user-interactions", json=claim).status_code == 201
    assert alpha.call("GET", "/v1/reports/effectiveness").json()["outcomes"]["FORGED"] == 1


def test_an_idempotency_key_means_something_else_to_each_organisation(both: list[Organisation]) -> None:
    headers = {"Idempotency-Key": "the-same"}
    for one in both:
        records = [minimal("tags", 1, name=one.mark)]
        answer = one.call("POST", "/v1/data/tags", json={"records": records}, headers=headers)
        assert answer.json()["batches"][0]["data"]["stored"] == 1
        assert "Idempotency-Replayed" not in answer.headers
