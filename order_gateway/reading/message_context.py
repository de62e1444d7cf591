"""A command that came as a message of a stream, as a handler sees it: like an HTTP request."""

from time import perf_counter

from edge.shorten import shorten
from order_gateway.admission.request_context import RequestContext, list_parameters
from order_gateway.reading.command_message import CommandMessage
from protocol.enums import Reason
from protocol.refusal import Refusal


class MessageContext(RequestContext):
    """The caller is that of the stream; `message` is set once it has been read."""

    __slots__ = ("_query",)

    def __init__(self, request_id: str, stream: RequestContext) -> None:
        # instead of reading a scope: there is none
        self.began = perf_counter()
        self.scope = stream.scope
        self.headers = {}
        self.method = "POST"
        self.path = stream.path
        self.path_params = {}
        self.query_string = b""
        self.request_id = request_id
        self.body = b""
        self.account = stream.account
        self.key_name = stream.key_name
        self.limit = stream.limit
        self.signature = None
        self.entries = []
        self.answer_headers = []
        self._receive = stream._receive
        self._turns = stream._turns
        self._query: dict[str, str] = {}

    def take(self, message: CommandMessage) -> None:
        """Let the handler read `message`."""
        self.headers = message.headers
        self.path_params = message.path_params
        self.body = bytes(message.body)
        self._query = message.query

    def read_query(self, *names: str) -> dict[str, str]:
        """Return what would stand in the query; raise Refusal for one not in `names`."""
        for name in self._query:
            if name not in names:
                raise Refusal(Reason.UNKNOWN_FIELD, shorten(name), list_parameters(name, names))
        return self._query
