"""The contract as an OpenAPI 3.1 document, made from the record declarations and the table of operations."""

from __future__ import annotations

from cobi import __version__
from cobi.api.openapi.paths import paths
from cobi.api.openapi.schemas import Schema, content, reference, schemas


def document() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cobi",
            "version": __version__,
            "description": "Recommendations for student-discount marketplaces, and what they caused.",
        },
        "security": [{"key": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
            "responses": {
                "Error": {
                    "description": "What is wrong and what to do",
                    "content": content(reference("Error")),
                }
            },
        },
    }
