"""AsyncAPI documents of the WebSockets, made from the models of their messages.

Only servers import this module: it loads pydantic.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from protocol.problem_responses import REFERENCE

_VERSION = "3.0.0"
_CHANNEL = "stream"


class Stream(NamedTuple):
    """A WebSocket at `path`: what the server sends there, and what a client may send.

    A message's name is the value of its field `type`, a request's that of `action` or `command`,
    else that of its model.
    """

    title: str
    description: str
    path: str
    port: int
    messages: Iterable[type[BaseModel]]
    requests: Iterable[type[BaseModel]]
    query: Mapping[str, str]
    """Parameters of the URL, and what they mean."""


def make_asyncapi(stream: Stream) -> dict[str, Any]:
    """Return the AsyncAPI 3 document of a stream."""
    sent, received = (
        {_name(each): each for each in group} for group in (stream.messages, stream.requests)
    )
    models = {**sent, **received}
    _, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template=REFERENCE
    )
    return {
        "asyncapi": _VERSION,
        "info": {"title": stream.title, "version": "1", "description": stream.description},
        "defaultContentType": "application/json",
        "servers": {"local": {"host": f"localhost:{stream.port}", "protocol": "ws"}},
        "channels": {_CHANNEL: _describe_channel(stream, models)},
        "operations": {
            "tell": _describe_operation("send", sent),
            "ask": _describe_operation("receive", received),
        },
        "components": {
            "messages": {name: _describe_message(name, each) for name, each in models.items()},
            "schemas": definitions["$defs"],
        },
    }


def _describe_channel(stream: Stream, names: Iterable[str]) -> dict[str, Any]:
    query = {
        name: {"type": "string", "description": meaning} for name, meaning in stream.query.items()
    }
    return {
        "address": stream.path,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}}},
    }


def _describe_operation(action: str, names: Iterable[str]) -> dict[str, Any]:
    prefix = f"#/channels/{_CHANNEL}"
    return {
        "action": action,
        "channel": {"$ref": prefix},
        "messages": [{"$ref": f"{prefix}/messages/{name}"} for name in names],
    }


def _describe_message(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": name,
        "summary": (model.__doc__ or "").partition("\n")[0],
        "payload": {"$ref": REFERENCE.format(model=model.__name__)},
    }


def _name(model: type[BaseModel]) -> str:
    for field in ("type", "action", "command"):
        if field in model.model_fields:
            word: str = get_args(model.model_fields[field].annotation)[0]
            return word
    return model.__name__.lower()
