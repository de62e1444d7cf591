"""Bodies of commands about money; assets and units are checked by the engine."""

from collections.abc import Mapping

from order_gateway.reading.request_schemas import FeesRequest, MoveRequest, TransferRequest
from order_gateway.reading.validation import check_decimal, find_instrument, parse_body
from protocol.assets import check_asset, to_rate
from protocol.commands import check_account, check_transfer_id
from protocol.instrument import Instrument


def read_transfer(body: bytes) -> TransferRequest:
    """Return the credit or debit in `body`; raise Refusal."""
    transfer = parse_body(TransferRequest, body)
    check_account(transfer.account)
    check_asset(transfer.asset)
    check_decimal("amount", transfer.amount)
    check_transfer_id(transfer.id)
    return transfer


def read_move(body: bytes) -> MoveRequest:
    """Return the transfer between shards in `body`; raise Refusal."""
    move = parse_body(MoveRequest, body)
    check_asset(move.asset)
    check_decimal("amount", move.amount)
    check_transfer_id(move.id)
    return move


def read_fees(body: bytes, instruments: Mapping[str, Instrument]) -> FeesRequest:
    """Return the fee rates in `body`; raise Refusal."""
    fees = parse_body(FeesRequest, body)
    check_account(fees.account)
    if fees.symbol is not None:
        find_instrument(fees.symbol, instruments)
    to_rate(fees.maker, "maker")
    to_rate(fees.taker, "taker")
    return fees
