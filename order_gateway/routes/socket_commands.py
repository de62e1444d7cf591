"""Commands on the private stream: each is carried out by the handler of its HTTP route."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from order_gateway.account.stream_connection import StreamConnection
from order_gateway.admission.admission import Admission
from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.command_message import Command, CommandMessage, find_id, read_command
from order_gateway.reading.message_context import MessageContext
from order_gateway.routes.account_routes import cancel_after, cancel_orders
from order_gateway.routes.answers import is_replayed
from order_gateway.routes.change_routes import amend_order, cancel_order
from order_gateway.routes.compound_routes import cancel_batch, replace_order
from order_gateway.routes.direct_route import Handler
from order_gateway.routes.order_routes import submit_batch, submit_order
from order_gateway.routes.services import Services
from protocol.codec import encode
from protocol.enums import Reason
from protocol.refusal import Refusal


class _Route(NamedTuple):
    """`names_order`: an order is named beside the body."""

    handler: Handler
    has_body: bool = True
    names_order: bool = False


_ROUTES: Mapping[Command, _Route] = {
    Command.PLACE: _Route(submit_order),
    Command.PLACE_BATCH: _Route(submit_batch),
    Command.AMEND: _Route(amend_order, names_order=True),
    Command.CANCEL: _Route(cancel_order, has_body=False, names_order=True),
    Command.CANCEL_BATCH: _Route(cancel_batch),
    Command.CANCEL_ALL: _Route(cancel_orders, has_body=False),
    Command.CANCEL_AFTER: _Route(cancel_after),
    Command.REPLACE: _Route(replace_order),
}


class SocketCommands:
    """Takes the commands of all streams."""

    def __init__(self, admission: Admission, services: Services) -> None:
        self._admission = admission
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, connection: StreamConnection, stream: RequestContext, text: bytes) -> bool:
        """Carry a command out; return whether it is one. It is answered in either case.

        Commands of a connection are begun in their order, and answered as they are done.
        """
        request = MessageContext(self._admission.name_request(), stream)
        try:
            message = read_command(text)
        except Refusal as refusal:
            response = self._admission.refuse_message(refusal)
            connection.answer(_render(find_id(text), request, response))
            return False
        connection.begin_command()
        task = asyncio.create_task(self._carry_out(connection, stream, request, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _carry_out(
        self,
        connection: StreamConnection,
        stream: RequestContext,
        request: MessageContext,
        message: CommandMessage,
    ) -> None:
        route = _ROUTES[message.command]

        async def ask(_: RequestContext) -> Response:
            request.take(message)
            _check_parts(route, request, message)
            return await route.handler(self._services, request)

        response = await self._admission.respond_to_message(ask, stream, request)
        connection.end_command(_render(message.id, request, response))


def _check_parts(route: _Route, request: RequestContext, message: CommandMessage) -> None:
    """Raise Refusal if the command has too few or too many parts."""
    if route.has_body and not request.body:
        raise Refusal(Reason.MISSING_FIELD, "body", f"{message.command} needs a body")
    if request.body and not route.has_body:
        raise Refusal(Reason.UNEXPECTED_BODY, "body", f"{message.command} has no body")
    named = list(request.path_params)
    if route.names_order and len(named) != 1:
        detail = "give one of order_id, number, client_order_id"
        raise Refusal(Reason.MISSING_FIELD, "order_id", detail)
    if named and not route.names_order:
        detail = f"{message.command} names no order beside its body"
        raise Refusal(Reason.UNKNOWN_FIELD, named[0], detail)


def _render(message_id: int | str | None, request: RequestContext, response: Response) -> bytes:
    """Return the answer's message: status and body are those of the HTTP answer."""
    return b'{"type":"answer","id":%b,"request_id":%b,"status":%d,"replayed":%b,"body":%b}' % (
        encode(message_id),
        encode(request.request_id),
        response.status_code,
        b"true" if is_replayed(response) else b"false",
        bytes(response.body),
    )
