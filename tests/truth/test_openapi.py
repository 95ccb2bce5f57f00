"""The OpenAPI document and the application speak of the same operations."""

import re

from cobi.api.openapi import document
from cobi.domain.quarantine import TYPES
from cobi.server.application import ROUTES


def paths_of(template: str) -> list[str]:
    """A list of records is described for each type by itself."""
    return [f"/v1/data/{name}" for name in TYPES] if template == "/v1/data/{record_type}" else [template]


def test_every_operation_of_the_document_is_served_and_none_is_left_out() -> None:
    served = {
        (path, method)
        for route in ROUTES
        for template in route.paths
        for path in paths_of(re.sub(r":\w+}", "}", template))
        for method in route.http_methods
    }
    described = {
        (path, method.upper()) for path, operations in document()["paths"].items() for method in operations
    }
    assert served - {(path, "OPTIONS") for path, _ in served} == described


def test_every_reference_of_the_document_points_to_something() -> None:
    whole = document()
    for pointer in re.findall(r"'#/([^']+)'", repr(whole)):
        target = whole
        for part in pointer.split("/"):
            target = target[part]
