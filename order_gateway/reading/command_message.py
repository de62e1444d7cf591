"""A command on the private stream: the same request as over HTTP, in one message."""

from enum import StrEnum
from typing import Any

import msgspec

from edge.shorten import shorten
from order_gateway.reading.duplicate_keys import refuse_duplicate_keys
from protocol.enums import Reason
from protocol.refusal import Refusal

MAX_ID_CHARACTERS = 64


class Command(StrEnum):
    """What a message asks for."""

    PLACE = "place"
    PLACE_BATCH = "place_batch"
    AMEND = "amend"
    CANCEL = "cancel"
    CANCEL_BATCH = "cancel_batch"
    CANCEL_ALL = "cancel_all"
    CANCEL_AFTER = "cancel_after"
    REPLACE = "replace"


class CommandMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A command; `body` is that of the HTTP request, the rest is what stands around it there."""

    id: int | str
    command: Command
    body: msgspec.Raw = msgspec.Raw()
    order_id: str | None = None
    number: int | None = None
    client_order_id: str | None = None
    symbol: str | None = None
    restriction: str | None = None
    cancel_id: str | None = None
    response: str | None = None
    wait: int | None = None
    idempotency_key: str | None = None

    @property
    def path_params(self) -> dict[str, str]:
        """Which order it is about."""
        named = (
            ("order_id", self.order_id),
            ("number", None if self.number is None else str(self.number)),
            ("client_order_id", self.client_order_id),
        )
        return {name: text for name, text in named if text is not None}

    @property
    def query(self) -> dict[str, str]:
        """What would stand in the query."""
        given = (
            ("response", self.response),
            ("symbol", self.symbol),
            ("restriction", self.restriction),
            ("cancel_id", self.cancel_id),
        )
        return {name: text for name, text in given if text is not None}

    @property
    def headers(self) -> dict[bytes, bytes]:
        """What would stand in headers."""
        headers = {b"content-type": b"application/json"}
        if self.wait is not None:
            headers[b"prefer"] = b"wait=%d" % max(0, self.wait)
        if self.idempotency_key is not None:
            headers[b"idempotency-key"] = self.idempotency_key.encode("latin-1", "replace")
        return headers


class _Id(msgspec.Struct):
    """What a message that is no command may be answered under."""

    id: int | str | None = None


_decode = msgspec.json.Decoder(CommandMessage).decode
_decode_id = msgspec.json.Decoder(_Id).decode


def read_command(text: bytes) -> CommandMessage:
    """Return the command; raise Refusal."""
    try:
        message = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(error) from None
    if isinstance(message.id, str) and len(message.id) > MAX_ID_CHARACTERS:
        detail = f"id has at most {MAX_ID_CHARACTERS} characters"
        raise Refusal(Reason.INVALID_REQUEST, "id", detail)
    if text.count(b'"') - bytes(message.body).count(b'"') != _count_quotes(message):
        refuse_duplicate_keys(text)
    return message


def find_id(text: bytes) -> int | str | None:
    """Return the id of a message that is no command, None if it has none."""
    try:
        return _decode_id(text).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _count_quotes(message: CommandMessage) -> int:
    """Return how many quotes the message needs around its body."""
    given: list[Any] = [value for value in msgspec.structs.astuple(message) if value is not None]
    texts = sum(isinstance(value, str) for value in given)
    return 2 * (len(given) - (not bytes(message.body)) + texts)


def _explain(error: Exception) -> Refusal:
    what = shorten(str(error))
    if isinstance(error, msgspec.ValidationError):
        commands = ", ".join(Command)
        detail = f"a command is {{id, command, body?, …}}, and command one of {commands}: {what}"
        return Refusal(Reason.INVALID_REQUEST, None, detail)
    return Refusal(Reason.INVALID_JSON, None, f"the message is not JSON: {what}")
