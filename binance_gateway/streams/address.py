"""What a client asks for by the address that it connects to."""

from typing import NamedTuple
from urllib.parse import unquote

from binance_gateway.streams.publisher import Form
from binance_gateway.words.times import read_unit

_COMBINED, _RAW = "/stream", "/ws"


class StreamAddress(NamedTuple):
    """The streams of an address, and how its messages are written."""

    names: list[str]
    form: Form


def is_stream_path(path: str) -> bool:
    """Whether there are streams at `path`, which is decoded."""
    return path in (_COMBINED, _RAW) or path.startswith((f"{_RAW}/", f"{_COMBINED}{_RAW}"))


def read_address(path: str, query: str) -> StreamAddress:
    """Read an address; raise BinanceError for a unit of time that there is not."""
    sent = dict(pair.partition("=")[::2] for pair in query.split("&"))
    unit = read_unit(unquote(sent["timeUnit"]) if "timeUnit" in sent else None)
    if path == _COMBINED:
        return StreamAddress(_split(unquote(sent.get("streams", ""))), Form(True, unit))
    names = path.removeprefix(_COMBINED).removeprefix(_RAW)
    return StreamAddress(_split(names), Form(False, unit))


def _split(names: str) -> list[str]:
    return [name for name in names.split("/") if name]
