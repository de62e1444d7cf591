"""JSON on its way out, put together from pieces and numbers."""

from protocol.decimals import Increment, format_amount


class JsonBuffer:
    """Events in JSON, one after the other. Nothing is escaped: put only what needs no escaping."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.events = 0

    def begin(self) -> None:
        """Begin the next event, with a comma before it unless it is the first."""
        if self.events:
            self._pieces.append(",")
        self.events += 1

    def put(self, piece: str) -> None:
        """Append ASCII characters."""
        if not piece.isascii():
            raise ValueError(f"{piece!r} is no ASCII text")
        self._pieces.append(piece)

    def put_encoded(self, piece: bytes) -> None:
        """Append bytes that are JSON in UTF-8 already."""
        self._pieces.append(piece.decode())

    def put_events(self, piece: bytes, events: int) -> None:
        """Append so many events, with commas between them."""
        self.begin()
        self.put_encoded(piece)
        self.events += events - 1

    def put_quoted(self, name: str, piece: str | None) -> None:
        """Append `name` and `piece` in quotes, or `null` for None."""
        self.put(f"{name}null" if piece is None else f'{name}"{piece}"')

    def put_decimal(self, name: str, increment: Increment, steps: int) -> None:
        """Append `name` and a decimal in quotes: `steps` increments."""
        self.put_quoted(name, increment.to_text(steps))

    def put_decimal_or_null(self, name: str, increment: Increment, steps: int) -> None:
        """Append `name` and a decimal in quotes, or `null` for 0 steps."""
        self.put_quoted(name, increment.to_text(steps) if steps else None)

    def put_amount(self, name: str, units: int, decimals: int) -> None:
        """Append `name` and a decimal in quotes: units / 10**decimals, of any size and sign."""
        self.put_quoted(name, format_amount(units, decimals))

    def put_id(self, name: str, number: int) -> None:
        """Append `name` and a whole number, not below 0, in quotes."""
        self.put(f'{name}"{number}"')

    def put_number(self, name: str, number: int) -> None:
        """Append `name` and a whole number, not below 0."""
        self.put(f"{name}{number}")

    def put_null(self, name: str) -> None:
        """Append `name` and `null`."""
        self.put(f"{name}null")

    def clear(self) -> None:
        """Empty the buffer."""
        self._pieces.clear()
        self.events = 0

    def to_text(self) -> str:
        """Return all that was put."""
        return "".join(self._pieces)

    def to_message(self, previous: int, sequence: int) -> bytes:
        """Make a ChannelMessage of the events."""
        events = self.to_text()
        return f'{{"previous":{previous},"sequence":{sequence},"events":[{events}]}}'.encode()
