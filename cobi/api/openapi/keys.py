"""The schemas of API keys."""

from __future__ import annotations

from cobi.api.openapi.schemas import MOMENT, Schema, array_of, nullable, reference
from cobi.domain.fields import Text
from cobi.service.keyring import SCOPES

_TEXT: Schema = {"type": "string"}
_DURATION: Schema = {
    "type": "string",
    "pattern": "^[0-9]{1,9}[smhdw]$",
    "description": "45s, 30m, 24h, 90d or 2w; at most ten years.",
}
_SCOPES: Schema = {**array_of({"type": "string", "enum": list(SCOPES)}), "minItems": 1}


def key_schemas() -> Schema:
    """What is shown of keys, by name."""
    secret: Schema = {"type": "string", "description": "The key itself; it is never shown again."}
    keys = {"type": "object", "properties": {"keys": array_of(reference("Key"))}, "required": ["keys"]}
    return {"Key": _key(), "NewKey": _key(key=secret), "Keys": keys}


def key_to_make() -> Schema:
    """What a new key is made from."""
    label = nullable(Text().schema())
    properties = {"scopes": _SCOPES, "label": label, "expires_in": nullable(_DURATION)}
    return {
        "type": "object",
        "properties": properties,
        "required": ["scopes"],
        "additionalProperties": False,
    }


def rotation() -> Schema:
    """How a key is to be followed by another; nothing need be said."""
    properties = {name: nullable(_DURATION) for name in ("overlap", "expires_in")}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _key(**more: Schema) -> Schema:
    moments = {name: nullable(MOMENT) for name in ("expires", "revoked", "last_used")}
    properties = {
        "id": {"type": "string", "description": "What the key is known by; no secret."},
        "prefix": {"type": "string", "description": "What the key begins with."},
        "label": nullable({"type": "string"}),
        "scopes": array_of({"type": "string"}),
        "status": {"type": "string", "enum": ["active", "expired", "revoked"]},
        "created": MOMENT,
        **moments,
        "replaces": nullable({"type": "string", "description": "The id of the key it was rotated from."}),
        **more,
    }
    return {"type": "object", "properties": properties, "required": list(properties)}
