"""The contract as an OpenAPI 3.1 document, made from the record declarations and the table of operations."""

from __future__ import annotations

from cobi import __version__
from cobi.api.openapi.answers import answer_schemas
from cobi.api.openapi.arrivals import arrival_schemas
from cobi.api.openapi.catalogue import catalogue_schemas
from cobi.api.openapi.doctor import doctor_schemas
from cobi.api.openapi.evaluations import evaluation_schemas
from cobi.api.openapi.experiments import experiment_schemas
from cobi.api.openapi.headers import REFUSED, RETRY, headers
from cobi.api.openapi.keys import key_schemas
from cobi.api.openapi.links import link
from cobi.api.openapi.models import model_schemas
from cobi.api.openapi.overview import overview_schemas
from cobi.api.openapi.paths import paths
from cobi.api.openapi.recommendations import recommendation_schemas
from cobi.api.openapi.reports import report_schemas
from cobi.api.openapi.schemas import Schema, content, reference, schemas
from cobi.api.openapi.segments import segment_schemas
from cobi.api.openapi.students import student_schemas


def document() -> Schema:
    """The whole document."""
    operations = paths()
    link(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cobi",
            "version": __version__,
            "description": "Recommendations for student-discount marketplaces, and what they caused.",
        },
        "security": [{"key": []}],
        "paths": operations,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                **schemas(),
                **answer_schemas(),
                **segment_schemas(),
                **key_schemas(),
                **model_schemas(),
                **evaluation_schemas(),
                **experiment_schemas(),
                **doctor_schemas(),
                **overview_schemas(),
                **arrival_schemas(),
                **report_schemas(),
                **recommendation_schemas(),
                **student_schemas(),
                **catalogue_schemas(),
            },
            "headers": headers(),
            "responses": {
                "Error": {
                    "description": "What is wrong and what to do",
                    "headers": REFUSED,
                    "content": content(reference("Error")),
                },
                "Later": {
                    "description": "What is in the way; send it again after Retry-After seconds",
                    "headers": {**REFUSED, **RETRY},
                    "content": content(reference("Error")),
                },
            },
        },
    }
