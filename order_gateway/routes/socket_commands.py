"""Commands on the private stream: each is carried out by the handler of its HTTP route."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from order_gateway.account.stream_connection import StreamConnection, TakePlain
from order_gateway.admission.admission import Admission
from order_gateway.admission.passage import Tell, Work
from order_gateway.admission.request_context import RequestContext
from order_gateway.order_path.implementation import open_stream
from order_gateway.queueing.gateway import conclude_push
from order_gateway.queueing.waiting_pushes import Push
from order_gateway.reading.command_message import Command, CommandMessage, find_id, read_command
from order_gateway.reading.message_context import MessageContext
from order_gateway.routes.account_routes import cancel_after, cancel_orders
from order_gateway.routes.answers import is_replayed
from order_gateway.routes.change_routes import amend_order, cancel_order
from order_gateway.routes.compound_routes import cancel_batch, replace_order
from order_gateway.routes.direct_route import Handler, PromptHandler
from order_gateway.routes.order_routes import answer_placed, place_order, submit_batch
from order_gateway.routes.services import Services
from protocol.codec import decode_entry, encode
from protocol.enums import Reason
from protocol.refusal import Refusal

if TYPE_CHECKING:
    from order_gateway.order_path.path import Placed


def _in_task(handler: Handler) -> PromptHandler:
    async def respond(services: Services, request: RequestContext) -> Response:
        return await handler(services, request)

    return lambda services, request, _tell: respond(services, request)


class _Route(NamedTuple):
    """`names_order`: an order is named beside the body."""

    handler: PromptHandler
    has_body: bool = True
    names_order: bool = False


_ROUTES: Mapping[Command, _Route] = {
    Command.PLACE: _Route(place_order),
    Command.PLACE_BATCH: _Route(_in_task(submit_batch)),
    Command.AMEND: _Route(_in_task(amend_order), names_order=True),
    Command.CANCEL: _Route(_in_task(cancel_order), has_body=False, names_order=True),
    Command.CANCEL_BATCH: _Route(_in_task(cancel_batch)),
    Command.CANCEL_ALL: _Route(_in_task(cancel_orders), has_body=False),
    Command.CANCEL_AFTER: _Route(_in_task(cancel_after)),
    Command.REPLACE: _Route(_in_task(replace_order)),
}


class SocketCommands:
    """Takes the commands of all streams."""

    def __init__(self, admission: Admission, services: Services) -> None:
        self._admission = admission
        self._services = services

    def take(self, connection: StreamConnection, stream: RequestContext, text: bytes) -> bool:
        """Carry a command out; return whether it is one. It is answered in either case.

        Commands of a connection are begun in their order, and answered as they are done.
        """
        request = MessageContext(self._admission.name_request(), stream)
        try:
            message = read_command(text)
        except Refusal as refusal:
            response = self._admission.refuse_message(refusal)
            connection.answer(_render(encode(find_id(text)), request, response))
            return False
        route = _ROUTES[message.command]

        def ask(_: RequestContext, tell: Tell) -> Work | None:
            request.take(message)
            _check_parts(route, request, message)
            return route.handler(self._services, request, tell)

        def answer(response: Response) -> None:
            connection.end_command(_render(encode(message.id), request, response))

        connection.begin_command()
        self._admission.take_message(ask, stream, request, answer)
        return True

    def open_path(self, connection: StreamConnection, stream: RequestContext) -> TakePlain | None:
        """Open the short way of what comes over a stream, if there is one."""
        if self._services.path is None:
            return None

        def conclude(placed: "Placed", push: Push) -> None:
            request = MessageContext(placed.request_id, stream)
            entry = decode_entry(placed.entry)
            request.entries = [entry]

            def ask(_: RequestContext, tell: Tell) -> None:
                tell(lambda: answer_placed(conclude_push(entry, push)))

            def answer(response: Response) -> None:
                connection.end_command(_render(placed.id, request, response))

            self._admission.conclude_message(ask, request, answer, placed.began)

        return open_stream(self._services.path, connection, stream, conclude)


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


def _render(message_id: bytes, request: RequestContext, response: Response) -> bytes:
    """Return the answer's message: status and body are those of the HTTP answer."""
    return b'{"type":"answer","id":%b,"request_id":"%b","status":%d,"replayed":%b,"body":%b}' % (
        message_id,
        request.request_id.encode(),
        response.status_code,
        b"true" if is_replayed(response) else b"false",
        bytes(response.body),
    )
