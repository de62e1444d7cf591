"""A command on the private stream: the same request as over HTTP, in one message."""

from collections.abc import Sequence
from enum import StrEnum

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


_ORDER_NAMES = ("order_id", "number", "client_order_id")
_QUERY = ("response", "symbol", "restriction", "cancel_id")


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
        number = None if self.number is None else str(self.number)
        return _name(_ORDER_NAMES, (self.order_id, number, self.client_order_id))

    @property
    def query(self) -> dict[str, str]:
        """What would stand in the query."""
        return _name(_QUERY, (self.response, self.symbol, self.restriction, self.cancel_id))

    @property
    def headers(self) -> dict[bytes, bytes]:
        """What would stand in headers."""
        headers = {b"content-type": b"application/json"}
        if self.wait is not None:
            headers[b"prefer"] = b"wait=%d" % max(0, self.wait)
        if self.idempotency_key is not None:
            headers[b"idempotency-key"] = self.idempotency_key.encode("latin-1", "replace")
        return headers


def _name(names: Sequence[str], values: tuple[str | None, ...]) -> dict[str, str]:
    """Return those that were given, by name."""
    if values.count(None) == len(values):
        return {}
    return {name: text for name, text in zip(names, values, strict=True) if text is not None}


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
    texts = (
        message.order_id, message.client_order_id, message.symbol, message.restriction,
        message.cancel_id, message.response, message.idempotency_key,
    )  # fmt: skip
    texts_given = len(texts) - texts.count(None)
    numbers_given = 2 - (message.number, message.wait).count(None)
    keys = 2 + bool(bytes(message.body)) + texts_given + numbers_given
    values = 1 + isinstance(message.id, str) + texts_given
    return 2 * (keys + values)


def _explain(error: Exception) -> Refusal:
    what = shorten(str(error))
    if isinstance(error, msgspec.ValidationError):
        commands = ", ".join(Command)
        detail = f"a command is {{id, command, body?, …}}, and command one of {commands}: {what}"
        return Refusal(Reason.INVALID_REQUEST, None, detail)
    return Refusal(Reason.INVALID_JSON, None, f"the message is not JSON: {what}")
