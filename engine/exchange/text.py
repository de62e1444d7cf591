"""JSON on its way out, put together from pieces and numbers in one buffer.

To say what happened is most of what the engine does for an order, and a string object for every
piece of it is most of that. Compiled where there is a compiler (`text.pxd` has the types).
"""

import cython

from protocol.decimals import Increment, format_scaled

_FIRST_CAPACITY = 1024


class Text:
    """Events, one behind the other. Nothing is escaped: only what needs no escaping may be put."""

    def __init__(self) -> None:
        self._buffer = bytearray(_FIRST_CAPACITY)
        self._length = 0
        self.events = 0

    def begin(self) -> None:
        """One more event: what is put from now on is its own."""
        if self.events:
            self.put(",")
        self.events += 1

    def put(self, piece: str) -> None:
        """ASCII characters."""
        self._length = put_characters(self._buffer, self._length, piece)

    def put_encoded(self, piece: bytes) -> None:
        """What is JSON in UTF-8 already."""
        self._length = put_bytes(self._buffer, self._length, piece)

    def put_quoted(self, name: str, piece: str | None) -> None:
        """`piece` in quotes, or `null` for None, behind `name`."""
        if piece is None:
            self.put_null(name)
        else:
            self._length = put_quoted_characters(self._buffer, self._length, name, piece)

    def put_steps(self, name: str, increment: Increment, steps: int) -> None:
        """So many of its increments as a decimal in quotes, behind `name`."""
        if steps > 0 and increment.is_power_of_ten:
            places = increment.decimal_places
            self._length = put_quoted_decimal(self._buffer, self._length, name, steps, places)
        else:
            self.put_quoted(name, increment.to_text(steps))

    def put_steps_if_any(self, name: str, increment: Increment, steps: int) -> None:
        """The same, and `null` for 0 of them."""
        if steps:
            self.put_steps(name, increment, steps)
        else:
            self.put_null(name)

    def put_id(self, name: str, number: int) -> None:
        """A whole number, not below 0, in quotes, behind `name`."""
        self._length = put_quoted_decimal(self._buffer, self._length, name, number, 0)

    def put_number(self, name: str, number: int) -> None:
        """A whole number, not below 0, behind `name`."""
        self._length = put_whole_number(self._buffer, self._length, name, number)

    def put_null(self, name: str) -> None:
        """`null` behind `name`."""
        self.put(name)
        self.put("null")

    def clear(self) -> None:
        """Forget all that was put."""
        self._length = 0
        self.events = 0

    def to_text(self) -> str:
        """All that was put, where all of it is ASCII."""
        return take_characters(self._buffer, self._length)

    def to_message(self, previous: int, sequence: int) -> bytes:
        """A ChannelMessage of the events."""
        head = f'{{"previous":{previous},"sequence":{sequence},"events":['
        events = memoryview(self._buffer)[: self._length]
        return b"".join((head.encode(), events, b"]}"))


if not cython.compiled:  # each puts something behind the first `length` bytes: the new length

    def put_bytes(buffer: bytearray, length: int, piece: bytes) -> int:
        """The bytes as they are."""
        buffer[length:] = piece
        return len(buffer)

    def put_characters(buffer: bytearray, length: int, piece: str) -> int:
        """The characters as they are."""
        return put_bytes(buffer, length, piece.encode("ascii"))

    def put_quoted_characters(buffer: bytearray, length: int, name: str, piece: str) -> int:
        """The name, then the piece in quotes."""
        return put_characters(buffer, length, f'{name}"{piece}"')

    def put_quoted_decimal(
        buffer: bytearray, length: int, name: str, value: int, places: int
    ) -> int:
        """The name, then `value` / 10**places in quotes."""
        return put_quoted_characters(buffer, length, name, format_scaled(value, places))

    def put_whole_number(buffer: bytearray, length: int, name: str, value: int) -> int:
        """The name, then the number."""
        return put_characters(buffer, length, f"{name}{value}")

    def take_characters(buffer: bytearray, length: int) -> str:
        """The first `length` bytes."""
        return buffer[:length].decode("ascii")
