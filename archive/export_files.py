"""The files that an export writes: CSV, and Parquet with exact decimals and times in UTC."""

import csv
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from importlib.util import find_spec
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from archive.export_table import Kind
from protocol.instrument import Instrument
from protocol.timestamps import format_timestamp

if TYPE_CHECKING:
    import pyarrow

_DIGITS = 38
"""The most that DuckDB supports. The core's limits keep every value below that."""
_ANY_PLACES = 18
_AVERAGE_PLACES = 8


class MissingLibrary(Exception):
    """A format needs a library that is not installed."""


class RowFile(Protocol):
    """A file that is being written."""

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append rows, whose values are in the order of the columns."""

    def close(self) -> None:
        """Finish after the last row; the underlying file stays open."""


def _format_flag(flag: bool) -> str:
    return str(flag).lower()


_TEXTS: dict[Kind, Callable[[Any], str]] = {
    Kind.TIME: format_timestamp,
    Kind.FLAG: _format_flag,
}
"""Conversions for values that the database does not hold as the API writes them."""


class CsvFile:
    """A header line, then a line for each row, as the API writes values; empty for null."""

    def __init__(self, file: BinaryIO, columns: Mapping[str, Kind]) -> None:
        self._file = TextIOWrapper(file, encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._to_texts = [
            (index, _TEXTS[kind]) for index, kind in enumerate(columns.values()) if kind in _TEXTS
        ]
        self._writer.writerow(columns)

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append rows."""
        for row in rows:
            values = list(row)
            for index, to_text in self._to_texts:
                if values[index] is not None:
                    values[index] = to_text(values[index])
            self._writer.writerow(values)

    def close(self) -> None:
        """Finish after the last row."""
        self._file.flush()
        self._file.detach()


class ParquetFile:
    """Typed columns; a decimal has as many decimals as the instruments need.

    An amount of an asset has `amount_places`.
    """

    def __init__(
        self,
        file: BinaryIO,
        columns: Mapping[str, Kind],
        instruments: Sequence[Instrument],
        amount_places: int,
    ) -> None:
        """Raise MissingLibrary if pyarrow is not installed."""
        if find_spec("pyarrow") is None:
            raise MissingLibrary(
                "Parquet needs a library: pip install -e '.[parquet]' in the folder of the clone"
            )
        from pyarrow import parquet, schema  # optional, and slow to load

        self._schema = schema(
            [
                (name, _choose_type(kind, instruments, amount_places))
                for name, kind in columns.items()
            ]
        )
        self._converters = [_choose_converter(kind) for kind in columns.values()]
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append rows."""
        from pyarrow import array, record_batch

        columns = zip(*rows, strict=True)
        arrays = [
            array(convert(values) if convert else values, field.type)
            for values, convert, field in zip(columns, self._converters, self._schema, strict=True)
        ]
        if arrays:
            self._writer.write_batch(record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        """Finish after the last row."""
        self._writer.close()


def _choose_type(
    kind: Kind, instruments: Sequence[Instrument], amount_places: int
) -> "pyarrow.DataType":
    import pyarrow as pa

    ticks = max((instrument.tick.decimal_places for instrument in instruments), default=0)
    lots = max((instrument.lot.decimal_places for instrument in instruments), default=0)
    notional = max((instrument.notional_decimal_places for instrument in instruments), default=0)
    return {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.FLAG: pa.bool_(),
        Kind.TIME: pa.timestamp("us", tz="UTC"),
        Kind.PRICE: pa.decimal128(_DIGITS, ticks),
        Kind.QUANTITY: pa.decimal128(_DIGITS, lots),
        Kind.NOTIONAL: pa.decimal128(_DIGITS, notional),
        Kind.AMOUNT: pa.decimal128(_DIGITS, amount_places),
        Kind.AVERAGE: pa.decimal128(_DIGITS, _AVERAGE_PLACES),
        Kind.ANY_DECIMAL: pa.decimal128(_DIGITS, _ANY_PLACES),
    }[kind]


def _choose_converter(kind: Kind) -> Callable[[Sequence[str | None]], list[Decimal | None]] | None:
    return None if kind in (Kind.TEXT, Kind.WHOLE, Kind.FLAG, Kind.TIME) else _to_decimals


def _to_decimals(texts: Sequence[str | None]) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]
