"""One reader of streams: what it reads, and what it is answered."""

from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.streams.listening import Listening
from binance_gateway.streams.names import is_listen_key, parse_name
from binance_gateway.streams.publisher import Form
from binance_gateway.streams.readers import Readers
from binance_gateway.streams.requests import (
    INVALID_STREAM,
    TOO_MANY_STREAMS,
    StreamFault,
    StreamRequest,
    read_request,
)
from edge.text_frames import frame_text
from market_data.fanout.subscriber import Subscriber
from protocol.codec import encode

MAX_STREAMS = 1024


class StreamSession:
    """One connection; its streams in the order in which they were subscribed."""

    def __init__(
        self,
        readers: Readers,
        connection: BinanceWebSocket,
        subscriber: Subscriber,
        listening: Listening,
        form: Form,
    ) -> None:
        self._readers = readers
        self._connection = connection
        self._subscriber = subscriber
        self._listening = listening
        self._form = form
        self._names: dict[str, None] = {}

    async def prepare(self, names: list[str]) -> None:
        """Take the streams of the address; what happens to its accounts is missed no more.

        A name that is none stays silent.
        """
        self._names = dict.fromkeys(names[:MAX_STREAMS])
        await self._follow_accounts()

    def begin(self) -> None:
        """Read the streams of the address: the connection is there."""
        self._connection.render_farewell = lambda: self._readers.render_farewell(self._form)
        self._readers.add(self._subscriber, self._form, self._names)
        self._listening.let_begin()

    async def answer(self, text: str | None) -> None:
        """Answer one frame."""
        try:
            await self._carry_out(read_request(text))
        except StreamFault as fault:
            self._write(fault.describe())

    async def _carry_out(self, request: StreamRequest) -> None:
        """Write the answer before anything that it leads to."""
        if request.method == "SUBSCRIBE":
            await self._subscribe(request)
        elif request.method == "UNSUBSCRIBE":
            self._readers.unsubscribe(self._subscriber, self._form, request.names)
            for name in request.names:
                self._names.pop(name, None)
            await self._follow_accounts()
            self._acknowledge(request)
        elif request.method == "LIST_SUBSCRIPTIONS":
            self._write({"result": list(self._names), "id": request.id})
        elif request.method == "SET_PROPERTY":
            self._set_combined(request)
        else:
            self._write({"result": self._form.is_combined, "id": request.id})

    async def _subscribe(self, request: StreamRequest) -> None:
        if not all(is_listen_key(name) or parse_name(name) for name in request.names):
            raise StreamFault(request.id, *INVALID_STREAM)
        if len(self._names.keys() | set(request.names)) > MAX_STREAMS:
            raise StreamFault(request.id, *TOO_MANY_STREAMS)
        new = [name for name in dict.fromkeys(request.names) if name not in self._names]
        self._names |= dict.fromkeys(new)
        await self._follow_accounts()
        self._readers.flush()
        self._acknowledge(request)
        self._readers.subscribe(self._subscriber, self._form, new)
        self._listening.let_begin()

    async def _follow_accounts(self) -> None:
        await self._listening.follow([name for name in self._names if is_listen_key(name)])

    def _set_combined(self, request: StreamRequest) -> None:
        self._readers.unsubscribe(self._subscriber, self._form, self._names)
        self._acknowledge(request)
        self._form = self._listening.form = Form(bool(request.value), self._form.unit)
        self._readers.subscribe(self._subscriber, self._form, list(self._names))

    def _acknowledge(self, request: StreamRequest) -> None:
        self._write({"result": None, "id": request.id})

    def _write(self, answer: dict[str, object]) -> None:
        self._subscriber.write(frame_text(encode(answer)))
