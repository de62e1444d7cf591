"""Messages of a WebSocket against its AsyncAPI document."""

from collections.abc import Iterable
from typing import Any

import jsonschema_rs

Json = dict[str, Any]


def expect_described(document: Json, messages: Iterable[Json]) -> set[str]:
    """Check each message against the schema of its type; return the types that there were.

    A field that the schema does not have is an error, too.
    """
    components = {"components": _close(document["components"])}
    told = document["operations"]["tell"]["messages"]
    known = {each["$ref"].rpartition("/")[2] for each in told}
    types = set()
    for message in messages:
        kind = message["type"]
        assert kind in known, message
        payload = document["components"]["messages"][kind]["payload"]
        jsonschema_rs.validate({**payload, **components}, message)
        types.add(kind)
    return types


def _close(schema: Any) -> Any:
    """Return the schema with no room for fields that it does not name."""
    if isinstance(schema, list):
        return [_close(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _close(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "$ref" not in schema:
        closed["additionalProperties"] = False
    return closed
