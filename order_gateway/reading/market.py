"""The body of an operator's request for simulated traders."""

from collections.abc import Mapping

from order_gateway.reading.request_schemas import MarketRequest
from order_gateway.reading.validation import find_instrument, parse_body
from protocol.instrument import Instrument
from protocol.market_file import SimulatedMarket


def read_market(body: bytes, instruments: Mapping[str, Instrument]) -> SimulatedMarket:
    """Return the market in `body`; raise Refusal."""
    request = parse_body(MarketRequest, body)
    instrument = find_instrument(request.symbol, instruments)
    if request.start_price is not None:
        instrument.price_to_ticks(request.start_price, "start_price")
    return SimulatedMarket(request.name, request.symbol, request.seed, request.start_price)
