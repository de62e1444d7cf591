"""The whole book as clients get it, encoded once for all who ask between two changes of it."""

from market_data.fanout.messages import BookSnapshot, encode_frame
from market_data.market.market import Market


class BookRenderer:
    """Keeps the snapshots of each symbol's newest update, one for each reason."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._at: dict[str, tuple[int, int]] = {}
        self._frames: dict[str, dict[str, bytes]] = {}

    def render(self, symbol: str, reason: str) -> bytes:
        """Message `book_snapshot`."""
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
