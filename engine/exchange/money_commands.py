"""Commands about accounts and what they have: opening, credits, debits, fees."""

from engine.exchange.batch import Batch
from engine.exchange.exchange import Exchange
from engine.exchange.replies import Outcome
from protocol.assets import Asset, to_rate
from protocol.commands import QueueEntry, check_account, check_transfer_id
from protocol.enums import BalanceCause, Reason
from protocol.refusal import Refusal


def open_account(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Open an account that is not known yet."""
    open_named(exchange, entry, batch)
    return Outcome()


def credit(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Give an account an amount of an asset, once for an id."""
    return _change(exchange, entry, BalanceCause.CREDIT, batch)


def debit(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Take an amount of an asset from an account, once for an id."""
    return _change(exchange, entry, BalanceCause.DEBIT, batch)


def set_fees(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Give an account fee rates of its own, for a symbol or for all without such."""
    symbol = (
        None
        if entry.symbol is None
        else exchange.rules.find_instrument(entry.symbol, batch.sequence).index
    )
    maker, taker = to_rate(entry.maker or "", "maker"), to_rate(entry.taker or "", "taker")
    exchange.ledger.set_fees(open_named(exchange, entry, batch), symbol, maker, taker)
    return Outcome()


def _change(exchange: Exchange, entry: QueueEntry, cause: BalanceCause, batch: Batch) -> Outcome:
    ledger = exchange.ledger
    asset = ledger.find_asset(entry.asset)
    units = read_amount(entry.amount, asset)
    identifier = check_transfer_id(entry.id or "")
    change = (cause, check_account(entry.account), asset.symbol, units)
    known = ledger.changes.get(identifier)
    if known is not None and known != change:
        raise Refusal(Reason.TRANSFER_ID_REUSED, "id", "the id is another credit's or debit's")
    if known is None and cause is BalanceCause.DEBIT:
        ledger.check_debit(exchange.find_account(entry.account), entry.account, asset, units)
    number = open_named(exchange, entry, batch)
    if known is None:
        ledger.change(number, asset, change, identifier, batch)
    return Outcome(is_duplicate=known is not None, balance=ledger.read_balance(number, asset))


def read_amount(text: str | None, asset: Asset) -> int:
    """Read an amount above 0 in units of the asset; raise Refusal if it is none."""
    units = asset.to_units(text or "")
    if not units:
        raise Refusal(
            Reason.AMOUNT_OUT_OF_RANGE, "amount", "amount must be above 0", asset.unit, asset.unit
        )
    return units


def open_named(exchange: Exchange, entry: QueueEntry, batch: Batch) -> int:
    """Return the number of the entry's account; open it, or raise Refusal, if it is not known."""
    account = check_account(entry.account)
    exchange.ledger.require_open()
    if exchange.find_account(account) is None:
        exchange.check_opening(account)
    return exchange.open_account(account, batch)
