"""Talks to a Cobi, here or hosted, over HTTP.

with Client("https://cobi.example.com", key) as cobi:
    cobi.upload("shops", [{"shop_id": "…", "name": "Pizza Corner", "region": "BH"}])
    cobi.interact([{"interaction_type": "PAGE_VIEW", "item_type": "SHOP", …}])
    offers = cobi.recommend(customer_id)[0]["offers"]
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any

import httpx

from cobi.client.patience import IMPATIENT, Patience

Record = dict[str, Any]

_TIMEOUT_SECONDS = 60.0
# Of a batch that was refused in part or whole the answer says which records were: nothing went wrong on the way.
_ANSWERED = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.MULTI_STATUS)


class ClientError(Exception):
    """An answer that is no success: its HTTP status and its body."""

    def __init__(self, status: int, body: Any) -> None:
        message = body.get("message") if isinstance(body, dict) else body  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        super().__init__(f"{status}: {message}")
        self.status = status
        self.body: Any = body


class Client:
    """One key's access to one organisation; may be shared by several threads."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.BaseTransport | None = None,
        patience: Patience = IMPATIENT,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, transport=transport
        )
        self._patience = patience

    def upload(self, record_type: str, records: Sequence[Record]) -> dict[str, Any]:
        """Upload at most 5000 records of a type; answers the counts and the errors of the refused ones."""
        return self._batch(f"/v1/data/{record_type}", records)

    def upload_encoded(self, record_type: str, records: Sequence[bytes]) -> dict[str, Any]:
        """Upload at most 5000 records of a type, interactions included, that are JSON already."""
        body = b'{"records":[' + b",".join(records) + b"]}"
        headers = {"Content-Type": "application/json"}
        return self._outcome(
            self._patience.ask(
                lambda: self._http.post(f"/v1/data/{record_type}", content=body, headers=headers)
            )
        )

    def refused(self, record_type: str, *, cursor: str | None = None) -> dict[str, Any]:
        """A page of quarantine, in the order the records came."""
        return self._get("/v1/quarantine", type=record_type, limit=1000, cursor=cursor)

    def interact(self, records: Sequence[Record]) -> dict[str, Any]:
        """Send at most 5000 interactions; answers the counts and the errors of the refused ones."""
        return self._batch("/user-interactions", records)

    def recommend(
        self, customer_id: str, *, limit: int = 10, include_segments: bool = False, **more: Any
    ) -> list[dict[str, Any]]:
        """What a student should see: the own list first, then one for each segment, where wanted.

        `more` are regions and exclude, each a list, explain, item_type, offset, continues, platform and city.
        """
        more["includeSegments"] = include_segments or None
        return self._list(f"customers/{customer_id}", limit, more)

    def recommend_segment(self, segment_id: str, *, limit: int = 10, **more: Any) -> dict[str, Any]:
        """What a segment's members should see; `more` as with `recommend`."""
        return self._list(f"segments/{segment_id}", limit, more)

    def similar(self, offer_id: str, *, limit: int = 10, **more: Any) -> dict[str, Any]:
        """What resembles an offer; `more` as with `recommend`."""
        return self._list(f"items/{offer_id}", limit, more)

    def past_answer(self, recommendation_id: str, *, why_not: str | None = None) -> dict[str, Any]:
        """A past answer, ranked again with its reasons, and what kept an item out of it."""
        return self._get(f"/v1/recommendations/{recommendation_id}", why_not=why_not)

    def segments(self) -> list[dict[str, Any]]:
        """All segments with their sizes."""
        return self._get("/v1/segments")["segments"]

    def create_segment(self, name: str, rule: dict[str, Any]) -> dict[str, Any]:
        """Name a rule over students."""
        return self._decoded(self._http.post("/v1/segments", json={"name": name, "rule": rule}))

    def preview_segment(self, rule: dict[str, Any]) -> dict[str, Any]:
        """How many students a rule holds for, some of them, and the offers they would be shown."""
        return self._decoded(self._http.post("/v1/segments/preview", json={"rule": rule}))

    def suggested_segments(self) -> list[dict[str, Any]]:
        """Segments found in what students do, each with a rule to make it by."""
        return self._get("/v1/segments/suggestions")["suggestions"]

    def change_segment(self, segment_id: str, name: str, rule: dict[str, Any]) -> dict[str, Any]:
        """Give a segment another name and rule."""
        document = {"name": name, "rule": rule}
        return self._decoded(self._http.put(f"/v1/segments/{segment_id}", json=document))

    def delete_segment(self, segment_id: str) -> dict[str, Any]:
        """Let a segment be no more."""
        return self._decoded(self._http.delete(f"/v1/segments/{segment_id}"))

    def report(self, since: str | None = None, until: str | None = None, **only: Any) -> dict[str, Any]:
        """What recommendations were worth; ISO 8601 date-times, `until` exclusive.

        `only` are filters: model_version, arm, region, and one of platform, shop_id, tag_id, position.
        """
        return self._get("/v1/reports/effectiveness", **{"from": since, "to": until, **only})

    def doctor(self) -> dict[str, Any]:
        """What is wrong with the feedback loop itself."""
        return self._get("/v1/doctor")

    def experiments(self) -> list[dict[str, Any]]:
        """All experiments, the newest first, without figures."""
        return self._get("/v1/experiments")["experiments"]

    def experiment(self, experiment_id: str) -> dict[str, Any]:
        """One experiment with its figures."""
        return self._get(f"/v1/experiments/{experiment_id}")

    def create_experiment(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Declare an experiment or a holdout; with `start` true it runs at once."""
        return self._decoded(self._http.post("/v1/experiments", json=plan))

    def start_experiment(self, experiment_id: str) -> dict[str, Any]:
        """Let an experiment run from now on."""
        return self._decoded(self._http.post(f"/v1/experiments/{experiment_id}/start"))

    def stop_experiment(self, experiment_id: str) -> dict[str, Any]:
        """Let an experiment end for good."""
        return self._decoded(self._http.post(f"/v1/experiments/{experiment_id}/stop"))

    def models(self, *, limit: int = 100, cursor: str | None = None) -> dict[str, Any]:
        """A page of model versions, the newest first."""
        return self._get("/v1/models", limit=limit, cursor=cursor)

    def model(self, version: int) -> dict[str, Any]:
        """All that is known of a model version: card, history, decisions."""
        return self._get(f"/v1/models/{version}")

    def compare_models(self, a: int, b: int) -> dict[str, Any]:
        """Two model versions side by side."""
        return self._get("/v1/models/compare", a=a, b=b)

    def promote_model(self, version: int, reason: str | None = None) -> dict[str, Any]:
        """Let a model version go live."""
        return self._decoded(self._http.post(f"/v1/models/{version}/promote", json={"reason": reason}))

    def roll_back_model(self, reason: str | None = None) -> dict[str, Any]:
        """Let the version before the live one go live again."""
        return self._decoded(self._http.post("/v1/models/rollback", json={"reason": reason}))

    def train(
        self, *, seed: int = 0, until: str | None = None, promote: bool = False, incremental: bool = False
    ) -> dict[str, Any]:
        """Have a model trained in a process of its own; answers the job, which `training` follows."""
        order = {"seed": seed, "until": until, "promote": promote, "incremental": incremental}
        return self._decoded(self._http.post("/v1/models/train", json=order), *_ANSWERED, HTTPStatus.ACCEPTED)

    def training(self, job_id: str) -> dict[str, Any]:
        """How far a training is."""
        return self._get(f"/v1/models/train/{job_id}")

    def cancel_training(self, job_id: str) -> dict[str, Any]:
        """Cancel a training; one that has ended stays as it is."""
        return self._decoded(self._http.delete(f"/v1/models/train/{job_id}"))

    def evaluate(self, **plan: Any) -> dict[str, Any]:
        """Have it told how well what students did is foretold, such as `k=[5, 10]`; `evaluation` follows the job."""
        return self._decoded(
            self._http.post("/v1/models/evaluate", json=plan), *_ANSWERED, HTTPStatus.ACCEPTED
        )

    def evaluation(self, job_id: str) -> dict[str, Any]:
        """How far an evaluation is; its `figures`, once it is done."""
        return self._get(f"/v1/models/evaluations/{job_id}")

    def cancel_evaluation(self, job_id: str) -> dict[str, Any]:
        """Cancel an evaluation; one that has ended stays as it is."""
        return self._decoded(self._http.delete(f"/v1/models/evaluations/{job_id}"))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _batch(self, path: str, records: Sequence[Record]) -> dict[str, Any]:
        return self._outcome(
            self._patience.ask(lambda: self._http.post(path, json={"records": list(records)}))
        )

    def _outcome(self, response: httpx.Response) -> dict[str, Any]:
        body = self._decoded(response, *_ANSWERED, HTTPStatus.BAD_REQUEST)
        if "batches" not in body:
            raise ClientError(response.status_code, body)
        return body["batches"][0]["data"]

    def _list(self, path: str, limit: int, more: dict[str, Any]) -> Any:
        joined = {name: ",".join(more.pop(name, ())) or None for name in ("regions", "exclude")}
        return self._get(f"/v1/recommendations/{path}", limit=limit, **joined, **more)

    def _get(self, path: str, **query: Any) -> Any:
        wanted = {name: value for name, value in query.items() if value is not None}
        return self._decoded(self._patience.ask(lambda: self._http.get(path, params=wanted)))

    @staticmethod
    def _decoded(response: httpx.Response, *accepted: int) -> Any:
        try:
            body: Any = response.json()
        except ValueError:
            body = response.text
        if response.status_code not in (accepted or _ANSWERED):
            raise ClientError(response.status_code, body)
        return body
