"""The short way of a plain order, in C: from a client's bytes to the entry of the list.

It takes what most orders are, if nothing speaks against it. Whatever else there is, it leaves to
the routes before anything has changed: those do every request, and these to the same bytes.
`fields` finds what stands in a body or a message; here it is checked, and written as an entry.
"""

cimport cython
from libc.stdint cimport int64_t

from order_gateway.order_path.fields cimport MAX_PLAIN, Message, Order, read_body, read_message
from protocol.plain_text cimport (
    MAX_IDENTIFIER,
    Text,
    is_identifier,
    is_word,
    put,
    put_plain,
    put_text,
    read_steps,
    to_str,
)

from time import perf_counter

from edge.api_keys import Scope
from order_gateway.queueing.client_order_ids import name_order
from order_gateway.queueing.waiting_pushes import PushState
from protocol.codec import encode
from protocol.commands import DEFAULT_ACCOUNT, derive_order_id
from protocol.instrument import MAX_STEPS
from protocol.refusal import Refusal
from protocol.timestamps import format_timestamp

cdef enum:
    ROOM = 2048  # of an entry or an answer: what is plain, an account, and some 400 bytes
    WHOLE_TEXT = 0x81
    MASKED = 0x80
    SHORT = 126
    HEAD = 6  # bytes before the content of a short frame that comes: two, and the mask
    MAX_FRAME_HEAD = 4  # of one that is sent

cdef object CONFIRMED = PushState.CONFIRMED
cdef object TRADE = Scope.TRADE
cdef int64_t MOST_STEPS = MAX_STEPS
cdef set TELLING = {b"prefer", b"idempotency-key", b"x-advance"}


@cython.final
cdef class Market:
    """An instrument in numbers, and where its entries go in."""

    cdef object instrument, queue, gate, id_key
    cdef int tick_places, lot_places
    cdef int64_t min_quantity, max_quantity
    cdef bint is_limited

    def __init__(self, object entrance):
        cdef object instrument = entrance.instrument
        self.instrument = instrument
        self.queue, self.gate, self.id_key = entrance.queue, entrance.gate, entrance.id_key
        self.tick_places = instrument.tick.decimal_places
        self.lot_places = instrument.lot.decimal_places
        self.min_quantity, self.max_quantity = instrument.min_quantity, instrument.max_quantity
        self.is_limited = not (
            instrument.min_notional is None and instrument.max_notional is None
        )

    cdef bint admits(self, const Order* order) except -1:
        """Whether an order's numbers are good; another way says what is wrong with them."""
        cdef int64_t ticks = 0, lots = read_steps(&order.quantity, self.lot_places)
        if not self.min_quantity <= lots <= self.max_quantity:
            return False
        if order.price.at is not NULL:
            ticks = read_steps(&order.price, self.tick_places)
            if not 0 < ticks <= MOST_STEPS:
                return False
        if self.is_limited and ticks:
            try:
                self.instrument.check_notional(ticks, lots)
            except Refusal:
                return False
        return True


@cython.final
cdef class Placed:
    """An order on its way into the list.

    `answer` is what is told once it is confirmed: a body, or a stream's frame. Anything else than
    that is for `conclude`.
    """

    cdef readonly str request_id
    cdef readonly bytes id
    cdef readonly bytes entry
    cdef readonly bytes answer
    cdef readonly double began
    cdef object conclude

    def __call__(self, list pushes):
        self.conclude(self, pushes[0])


@cython.final
cdef class Group:
    """Orders that came together over a stream; called with what became of their pushes."""

    cdef Stream stream
    cdef object queue
    cdef list placed
    cdef list entries

    def __call__(self, list pushes):
        cdef Placed placed
        cdef list answers = []
        for placed, push in zip(self.placed, pushes, strict=True):
            if push.state is CONFIRMED and not self.stream.path.is_logged:
                answers.append(placed.answer)
            else:
                self.answer(answers)
                self.stream.conclude(placed, push)
        self.answer(answers)

    cdef int answer(self, list answers) except -1:
        cdef double began = (<Placed>self.placed[0]).began
        if answers:
            self.stream.path.answers.count(
                201, perf_counter() - began, is_trade=True, times=len(answers)
            )
            self.stream.connection.end_commands(answers[:])
            answers.clear()
        return 0

    cdef int enter(self) except -1:
        """Queue the orders together; one by one if there is not room for all of them."""
        cdef object account = self.stream.account
        cdef Group alone
        self.stream.connection.begin_command(len(self.placed))
        if len(self.placed) == 1 or self.queue.has_room(account, len(self.placed)):
            self.queue.add(account, self.entries, self)
            return 0
        for placed, entry in zip(self.placed, self.entries, strict=True):
            alone = Group.__new__(Group)
            alone.stream, alone.placed = self.stream, [placed]
            self.queue.add(account, (entry,), alone)
        return 0


@cython.final
cdef class Path:
    """Places plain orders of every instrument whose steps are powers of ten."""

    cdef dict markets
    cdef object admission, answers, turns, clock
    cdef str received_at
    cdef readonly bint is_logged

    def __init__(self, object entrances, object admission, object clock):
        self.clock = clock
        self.admission = admission
        self.answers, self.turns = admission.metrics.answers, admission.turns
        self.is_logged = admission.order_log.is_wanted
        self.markets = {
            symbol.encode(): Market(entrance)
            for symbol, entrance in entrances.items()
            if entrance.instrument.tick.is_power_of_ten
            and entrance.instrument.lot.is_power_of_ten
        }

    def place(self, object request, object conclude):
        """Queue the order of an admitted request; return False, and change nothing, if not plain.

        `conclude` is called once, with the Placed and what became of its push.
        """
        cdef Order order
        cdef Market market
        cdef Placed placed
        cdef bytes body = request.body
        cdef dict headers = request.headers
        if request.query_string or headers.get(b"content-type") != b"application/json":
            return False
        if not TELLING.isdisjoint(headers) or len(request.account) > MAX_IDENTIFIER:
            return False
        if not read_body(body, len(body), &order):
            return False
        market = self.find_market(&order)
        if market is None:
            return False
        placed = Placed.__new__(Placed)
        placed.conclude = conclude
        self.received_at = None
        self.write(placed, &order, market, request.account, request.signature)
        market.queue.add(request.account, (placed.entry,), placed)
        return True

    cdef Market find_market(self, const Order* order):
        """Return where a good order goes in now; None if it is left to the routes."""
        cdef Market market
        if order.symbol.at is NULL or order.quantity.at is NULL or not is_plain(order):
            return None
        market = self.markets.get(order.symbol.at[:order.symbol.size])
        if market is None or not market.gate.is_open or market.id_key.known is None:
            return None
        return market if market.admits(order) else None

    cdef int write(
        self, Placed placed, const Order* order, Market market, str account, object signature
    ) except -1:
        """Write the entry and the answer."""
        cdef char buffer[ROOM]
        cdef char* at
        cdef char* body
        cdef bytes owner = b"" if account == DEFAULT_ACCOUNT else encode(account)
        cdef str name, order_id
        if order.client_order_id.at is NULL:
            name = name_order(signature)
        else:
            name = to_str(&order.client_order_id)
        order_id = str(derive_order_id(market.id_key.known, account, name))
        if self.received_at is None:
            self.received_at = format_timestamp(self.clock.now())
        at = put(buffer, b'{"symbol":"')
        at = put(put_plain(at, &order.symbol), b'","side":"')
        at = put(put_plain(at, &order.side), b'","order_type":"')
        at = put(put_plain(at, &order.order_type), b'","quantity":"')
        at = put_plain(at, &order.quantity)
        if order.price.at is not NULL:
            at = put_plain(put(at, b'","price":"'), &order.price)
        at = put_text(put(at, b'","order_id":"'), order_id)
        at = put(put_text(put(at, b'","client_order_id":"'), name), b'"')
        if owner:
            at = put_bytes(put(at, b',"account":'), owner)
        if order.prevention.at is not NULL and not is_word(&order.prevention, b"none", 4):
            at = put_plain(put(at, b',"self_trade_prevention":"'), &order.prevention)
            at = put(at, b'"')
        at = put(put_text(put(at, b',"received_at":"'), self.received_at), b'"}')
        placed.entry = buffer[:at - buffer]
        at = body = buffer + MAX_FRAME_HEAD
        if placed.id is not None:
            at = put_bytes(put(at, b'{"type":"answer","id":'), placed.id)
            at = put_text(put(at, b',"request_id":"'), placed.request_id)
            at = put(at, b'","status":201,"replayed":false,"body":')
        at = put_text(put(at, b'{"order_id":"'), order_id)
        at = put_text(put(at, b'","client_order_id":"'), name)
        at = put_text(put(at, b'","status":"accepted","timestamp":"'), self.received_at)
        at = put(at, b'"}')
        if placed.id is not None:
            at = put(at, b"}")
            body = put_frame_head(body, at - body)
        placed.answer = body[:at - body]
        return 0


@cython.final
cdef class Stream:
    """Places what comes over one private stream; `request` is the one that began it."""

    cdef Path path
    cdef object connection, request, conclude, caller, version, limit
    cdef str account
    cdef Group group
    cdef double began

    def __init__(self, Path path, object connection, object request, object conclude):
        self.path = path
        self.connection, self.request, self.conclude = connection, request, conclude
        self.account = request.account

    def take(self, bytes data, Py_ssize_t at):
        """Take frames from `at` on; return where the first is that is not there, or not plain.

        What came together was received at one time, and is queued and answered together.
        """
        cdef Py_ssize_t end
        if not self.may_place():
            return at
        self.path.received_at = None
        self.began = perf_counter()
        try:
            end = self.take_frame(data, at)
            while end:
                at = end
                end = self.take_frame(data, at)
        finally:
            self.enter_group()
        return at

    cdef bint may_place(self) except -1:
        """Whether the caller may trade by the keys of now, and has nothing that waits."""
        cdef object version = self.path.admission.find_keys_version()
        if self.caller is None or version is not self.version:
            self.caller = self.path.admission.find_caller(self.request)
            self.version = version
        if self.caller is None or TRADE not in self.caller.scopes:
            return False
        self.limit = self.caller.limit
        return len(self.account) <= MAX_IDENTIFIER and not self.path.turns.is_waiting(self.account)

    cdef Py_ssize_t take_frame(self, bytes data, Py_ssize_t at) except -1:
        """Return where a frame ends that was taken, else 0."""
        cdef const unsigned char* start = <const unsigned char*><const char*>data + at
        cdef Py_ssize_t i, left = len(data) - at, size, head = HEAD
        cdef char content[MAX_PLAIN + 1]
        if left < HEAD or start[0] != WHOLE_TEXT or start[1] < MASKED:
            return 0
        size = start[1] - MASKED
        if size == SHORT:
            head += 2
            size = start[2] << 8 | start[3]
        elif size > SHORT:
            return 0
        if size > MAX_PLAIN or head + size > left:
            return 0
        for i in range(size):
            content[i] = start[head + i] ^ start[head - 4 + (i & 3)]
        content[size] = 0
        return at + head + size if self.place(content, size) else 0

    cdef bint place(self, const char* content, Py_ssize_t size) except -1:
        cdef Message message
        cdef Market market
        cdef Placed placed
        if not read_message(content, size, &message):
            return False
        market = self.path.find_market(&message.order)
        if market is None or not (self.limit is None or self.limit.take()):
            return False
        placed = Placed.__new__(Placed)
        placed.began = self.began
        placed.id = message.id.at[:message.id.size]
        placed.request_id = self.path.admission.name_request()
        self.path.write(placed, &message.order, market, self.account, None)
        if self.group is None or self.group.queue is not market.queue:
            self.enter_group()
            self.group = Group.__new__(Group)
            self.group.stream, self.group.queue = self, market.queue
            self.group.placed, self.group.entries = [], []
        self.group.placed.append(placed)
        self.group.entries.append(placed.entry)
        return True

    cdef int enter_group(self) except -1:
        cdef Group group = self.group
        self.group = None
        return 0 if group is None else group.enter()


cdef bint is_plain(const Order* order) noexcept:
    """Whether the words of an order are good ones, and go together."""
    cdef const Text* kind = &order.order_type
    if order.side.at is NULL or not (
        is_word(&order.side, b"buy", 3) or is_word(&order.side, b"sell", 4)
    ):
        return False
    if kind.at is NULL:
        return False
    if is_word(kind, b"market", 6):
        if order.price.at is not NULL:
            return False
    elif order.price.at is NULL or not (
        is_word(kind, b"limit", 5) or is_word(kind, b"ioc", 3) or is_word(kind, b"fok", 3)
        or is_word(kind, b"post_only", 9)
    ):
        return False
    if order.client_order_id.at is not NULL and not is_identifier(&order.client_order_id):
        return False
    return order.prevention.at is NULL or is_prevention(&order.prevention)


cdef bint is_prevention(const Text* word) noexcept:
    return (
        is_word(word, b"none", 4) or is_word(word, b"cancel_taker", 12)
        or is_word(word, b"cancel_maker", 12) or is_word(word, b"cancel_both", 11)
        or is_word(word, b"decrement", 9)
    )


cdef char* put_frame_head(char* body, Py_ssize_t size) noexcept:
    """Write the head of a whole text frame before its content; return where it begins."""
    cdef char* head = body - (2 if size < SHORT else MAX_FRAME_HEAD)
    head[0] = <char>WHOLE_TEXT
    if size < SHORT:
        head[1] = <char>size
    else:
        head[1], head[2], head[3] = <char>SHORT, <char>(size >> 8), <char>(size & 0xFF)
    return head


cdef char* put_bytes(char* at, bytes text) noexcept:
    cdef Text piece
    piece.at, piece.size = text, len(text)
    return put_plain(at, &piece)
