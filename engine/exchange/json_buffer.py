"""JSON on its way out, put together from pieces and numbers in one buffer.

Saying what happened is most of the engine's work for an order, and a string object for each piece
of it would be most of that. Compiled if there is a compiler (`json_buffer.pxd` has the types).
"""

import cython

from protocol.decimals import Increment, format_scaled

_FIRST_CAPACITY = 1024
_LARGEST = 2**63 - 1


class JsonBuffer:
    """Events in JSON, one after the other. Nothing is escaped: put only what needs no escaping."""

    def __init__(self) -> None:
        self._buffer = bytearray(_FIRST_CAPACITY)
        self._length = 0
        self.events = 0

    def begin(self) -> None:
        """Begin the next event, with a comma before it unless it is the first."""
        if self.events:
            self.put(",")
        self.events += 1

    def put(self, piece: str) -> None:
        """Append ASCII characters."""
        self._length = put_characters(self._buffer, self._length, piece)

    def put_encoded(self, piece: bytes) -> None:
        """Append bytes that are JSON in UTF-8 already."""
        self._length = put_bytes(self._buffer, self._length, piece)

    def put_quoted(self, name: str, piece: str | None) -> None:
        """Append `name` and `piece` in quotes, or `null` for None."""
        if piece is None:
            self.put_null(name)
        else:
            self._length = put_quoted_characters(self._buffer, self._length, name, piece)

    def put_decimal(self, name: str, increment: Increment, steps: int) -> None:
        """Append `name` and a decimal in quotes: `steps` increments."""
        if steps > 0 and increment.is_power_of_ten:
            places = increment.decimal_places
            self._length = put_quoted_decimal(self._buffer, self._length, name, steps, places)
        else:
            self.put_quoted(name, increment.to_text(steps))

    def put_decimal_or_null(self, name: str, increment: Increment, steps: int) -> None:
        """Append `name` and a decimal in quotes, or `null` for 0 steps."""
        if steps:
            self.put_decimal(name, increment, steps)
        else:
            self.put_null(name)

    def put_amount(self, name: str, units: int, decimals: int) -> None:
        """Append `name` and a decimal in quotes: units / 10**decimals, of any size and sign."""
        if 0 <= units <= _LARGEST:
            self._length = put_quoted_decimal(self._buffer, self._length, name, units, decimals)
        else:
            text = format_scaled(abs(units), decimals)
            self.put_quoted(name, f"-{text}" if units < 0 else text)

    def put_id(self, name: str, number: int) -> None:
        """Append `name` and a whole number, not below 0, in quotes."""
        self._length = put_quoted_decimal(self._buffer, self._length, name, number, 0)

    def put_number(self, name: str, number: int) -> None:
        """Append `name` and a whole number, not below 0."""
        self._length = put_whole_number(self._buffer, self._length, name, number)

    def put_null(self, name: str) -> None:
        """Append `name` and `null`."""
        self.put(name)
        self.put("null")

    def clear(self) -> None:
        """Empty the buffer."""
        self._length = 0
        self.events = 0

    def to_text(self) -> str:
        """Return all that was put; all of it must be ASCII."""
        return take_characters(self._buffer, self._length)

    def to_message(self, previous: int, sequence: int) -> bytes:
        """Make a ChannelMessage of the events."""
        head = f'{{"previous":{previous},"sequence":{sequence},"events":['
        events = memoryview(self._buffer)[: self._length]
        return b"".join((head.encode(), events, b"]}"))


if not cython.compiled:  # each writes behind the first `length` bytes and returns the new length

    def put_bytes(buffer: bytearray, length: int, piece: bytes) -> int:
        """Write the bytes as they are."""
        buffer[length:] = piece
        return len(buffer)

    def put_characters(buffer: bytearray, length: int, piece: str) -> int:
        """Write the characters as they are."""
        return put_bytes(buffer, length, piece.encode("ascii"))

    def put_quoted_characters(buffer: bytearray, length: int, name: str, piece: str) -> int:
        """Write the name, then the piece in quotes."""
        return put_characters(buffer, length, f'{name}"{piece}"')

    def put_quoted_decimal(
        buffer: bytearray, length: int, name: str, value: int, decimal_places: int
    ) -> int:
        """Write the name, then `value` / 10**decimal_places in quotes."""
        return put_quoted_characters(buffer, length, name, format_scaled(value, decimal_places))

    def put_whole_number(buffer: bytearray, length: int, name: str, value: int) -> int:
        """Write the name, then the number."""
        return put_characters(buffer, length, f"{name}{value}")

    def take_characters(buffer: bytearray, length: int) -> str:
        """Return the first `length` bytes as text."""
        return buffer[:length].decode("ascii")
