"""What one student may ask of the marketplace: to see everything that is held, and to be erased."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.errors import InvalidRequest
from cobi.domain.records import CUSTOMERS

AnyRequest = Request[Any, Any, Any]


@delete("/v1/data/{record_type:str}/{record_id:str}", status_code=200)
async def erase(
    request: AnyRequest, record_type: FromPath[str], record_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Remove a student from every table."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.erase, _customer(record_type, record_id)))


@get("/v1/data/{record_type:str}/{record_id:str}/export")
async def export(
    request: AnyRequest, record_type: FromPath[str], record_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Everything that is held on a student."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.export_student, _customer(record_type, record_id)))


@get("/v1/erasures")
async def receipts(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """The receipts of erasures."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.erasures))


def _customer(record_type: str, record_id: str) -> bytes:
    if record_type != CUSTOMERS.name:
        raise InvalidRequest(
            f"only {CUSTOMERS.name} are erased and exported",
            code="not_a_student",
            hint="upload other records with is_deleted true",
        )
    return parameters.identifier(CUSTOMERS.id_field.name, record_id)
