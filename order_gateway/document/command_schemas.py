"""Commands on `/ws/orders` and their answers, as the AsyncAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from order_gateway.reading.command_message import MAX_ID_CHARACTERS
from order_gateway.reading.request_schemas import (
    AmendRequest,
    BatchRequest,
    CancelAfterRequest,
    CancelBatchRequest,
    OrderRequest,
    ReplaceRequest,
    ResponseMode,
)
from protocol.commands import IDENTIFIER_PATTERN
from protocol.described_body import DescribedBody
from protocol.enums import CancelRestriction

_Name = Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]
_COMMAND = Field(description="what to do")
_BODY = Field(description="the body of that request")
_ORDER = "which order: one of `order_id`, `number`, `client_order_id`"


class _Asked(DescribedBody):
    """What every command has."""

    id: Annotated[
        int | Annotated[str, Field(max_length=MAX_ID_CHARACTERS)],
        Field(description="your own, which the answer repeats"),
    ]
    response: Annotated[
        ResponseMode | None,
        Field(description="`ack` for new orders and `result` for changes by default"),
    ] = None
    wait: Annotated[
        int | None, Field(ge=0, description="seconds to wait for the engine, 30 at most")
    ] = None


class _Change(_Asked):
    """What every change has."""

    idempotency_key: Annotated[
        _Name | None, Field(description="the same one for a repeat, which changes nothing")
    ] = None


class _OfOrder(_Change):
    """What every change of one order has."""

    order_id: Annotated[str | None, Field(description=_ORDER)] = None
    number: Annotated[int | None, Field(description=_ORDER)] = None
    client_order_id: Annotated[_Name | None, Field(description=_ORDER)] = None


class Place(_Asked):
    """A new order, as in `POST /v1/orders`."""

    command: Annotated[Literal["place"], _COMMAND]
    body: Annotated[OrderRequest, _BODY]


class PlaceBatch(_Asked):
    """Up to 500 new orders, as in `POST /v1/orders/batch`."""

    command: Annotated[Literal["place_batch"], _COMMAND]
    body: Annotated[BatchRequest, _BODY]


class Amend(_OfOrder):
    """A change of an order, as in `PATCH /v1/orders/{order_id}`."""

    command: Annotated[Literal["amend"], _COMMAND]
    body: Annotated[AmendRequest, _BODY]


class Cancel(_OfOrder):
    """The cancel of an order, as in `DELETE /v1/orders/{order_id}`."""

    command: Annotated[Literal["cancel"], _COMMAND]
    restriction: Annotated[
        CancelRestriction | None, Field(description="cancel it only in this state")
    ] = None
    cancel_id: Annotated[
        _Name | None, Field(description="your own id of the cancel, which its report repeats")
    ] = None


class CancelBatch(_Asked):
    """Up to 500 cancels, as in `POST /v1/orders/cancel-batch`."""

    command: Annotated[Literal["cancel_batch"], _COMMAND]
    body: Annotated[CancelBatchRequest, _BODY]


class CancelAll(_Change):
    """The cancel of all open orders, as in `DELETE /v1/orders`."""

    command: Annotated[Literal["cancel_all"], _COMMAND]
    symbol: Annotated[str | None, Field(description="only those of this instrument")] = None


class CancelAfter(_Change):
    """The dead man's switch, as in `POST /v1/cancel-after`."""

    command: Annotated[Literal["cancel_after"], _COMMAND]
    body: Annotated[CancelAfterRequest, _BODY]


class Replace(_Change):
    """A cancel together with a new order, as in `POST /v1/orders/replace`."""

    command: Annotated[Literal["replace"], _COMMAND]
    body: Annotated[ReplaceRequest, _BODY]


class Answer(DescribedBody):
    """The answer to a command: what HTTP would have answered."""

    type: Literal["answer"]
    id: Annotated[int | str | None, Field(description="the command's; null if it had none")]
    request_id: Annotated[str, Field(description="which the logs know")]
    status: Annotated[int, Field(description="the HTTP status")]
    replayed: Annotated[bool, Field(description="whether it is that to a repeat")]
    body: Annotated[dict[str, Any], Field(description="the HTTP body; from 400 on a problem")]


COMMANDS = (Place, PlaceBatch, Amend, Cancel, CancelBatch, CancelAll, CancelAfter, Replace)
