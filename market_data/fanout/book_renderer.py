"""The book as clients get it: snapshots, deltas, the top levels, the best prices."""

import msgspec

from market_data.fanout.messages import BookDelta, BookSnapshot, Envelope, encode_frame
from market_data.market.market import SymbolView
from market_data.market.whole_market import AnyMarket
from protocol.events import Bbo, L2Delta

L2_DEPTH = 10


class BookRenderer:
    """Encodes a snapshot once for all who ask for it between two updates, for each reason."""

    def __init__(self, market: AnyMarket) -> None:
        self._market = market
        self._at: dict[str, tuple[int, int]] = {}
        self._frames: dict[str, dict[str, bytes]] = {}

    def render(self, symbol: str, reason: str) -> bytes:
        """Return message `book_snapshot`."""
        at = self._market.builds, self._market[symbol].book.last_update_id
        if self._at.get(symbol) != at:
            self._at[symbol], self._frames[symbol] = at, {}
        frames = self._frames[symbol]
        if reason not in frames:
            frames[reason] = self._encode(symbol, reason)
        return frames[reason]

    def _encode(self, symbol: str, reason: str) -> bytes:
        view = self._market[symbol]
        book = view.book
        snapshot = BookSnapshot(
            symbol=symbol,
            last_update_id=book.last_update_id,
            bids=book.bids.top(),
            asks=book.asks.top(),
            checksum=book.checksum(),
            reason=reason,
            timestamp=view.timestamp,
        )
        return encode_frame(snapshot)


def describe_bbo(symbol: str, view: SymbolView) -> dict[str, object]:
    """Return the fields of the newest BBO; before the first, null prices and quantities."""
    bbo = view.bbo
    if bbo is None:
        empty = dict.fromkeys(Bbo.__struct_fields__)
        return {**empty, "symbol": symbol, "update_id": view.book.last_update_id}
    return msgspec.structs.asdict(bbo)


def encode_bbo(symbol: str, view: SymbolView) -> bytes:
    """Return message `bbo`."""
    return encode_frame(Envelope("bbo", describe_bbo(symbol, view)))


def encode_l2_update(symbol: str, view: SymbolView) -> bytes:
    """Return message `l2_update`: the top levels as they are."""
    book = view.book
    data = {
        "symbol": symbol,
        "timestamp": view.timestamp,
        "update_id": book.last_update_id,
        "bids": book.bids.top(L2_DEPTH),
        "asks": book.asks.top(L2_DEPTH),
    }
    return encode_frame(Envelope("l2_update", data))


def encode_book_delta(delta: L2Delta, checksum: int) -> bytes:
    """Return message `book_delta`; `checksum` is that of the book after it."""
    message = BookDelta(
        symbol=delta.symbol,
        first_update_id=delta.first_update_id,
        last_update_id=delta.last_update_id,
        bids=delta.bids,
        asks=delta.asks,
        checksum=checksum,
        timestamp=delta.timestamp,
    )
    return encode_frame(message)
