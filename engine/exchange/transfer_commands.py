"""Commands that move balances between shards: each shard's part of a transfer, and its end."""

from engine.exchange.batch import Batch
from engine.exchange.exchange import Exchange
from engine.exchange.money_commands import open_named, read_amount
from engine.exchange.replies import Outcome
from engine.exchange.transfers import Sent, Transfer
from protocol.commands import QueueEntry, check_account, check_transfer_id
from protocol.enums import BalanceCause, Reason
from protocol.refusal import Refusal


def transfer(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Send a part of an account's free balance to another shard, once for an id of the account."""
    ledger, transfers = exchange.ledger, exchange.transfers
    asset = ledger.find_asset(entry.asset)
    wanted = _read_transfer(exchange, entry)
    shard = transfers.check_shard(_read_whole(entry.shard))
    known = transfers.find(wanted.account, wanted.id)
    if known is not None and (known.transfer, known.shard) != (wanted, shard):
        raise Refusal(Reason.TRANSFER_ID_REUSED, "id", "the id is another transfer's")
    if known is None:
        ledger.check_debit(
            exchange.find_account(wanted.account), wanted.account, asset, wanted.units
        )
    number = open_named(exchange, entry, batch)
    sent = known
    if sent is None:
        sent = transfers.send(wanted, shard)
        ledger.move(number, asset, BalanceCause.SENT, sent, batch)
    balance = ledger.read_balance(number, asset)
    return Outcome(is_duplicate=known is not None, balance=balance, transfer=sent.number)


def receive_transfer(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Take the next transfer from another shard; one that was taken before changes nothing.

    Its account is opened even where there are as many as there may be: it is one of the sender's,
    and the money has to be somewhere.
    """
    ledger, transfers = exchange.ledger, exchange.transfers
    asset = ledger.find_asset(entry.asset)
    taken = _read_transfer(exchange, entry)
    shard = transfers.check_shard(_read_whole(entry.shard))
    if transfers.is_next(shard, _read_whole(entry.transfer)):
        number = exchange.open_account(taken.account, batch)
        transfers.receive(shard)
        moved = Sent(taken, shard, transfers.received[shard])
        ledger.move(number, asset, BalanceCause.RECEIVED, moved, batch)
    return Outcome()


def close_transfers(exchange: Exchange, entry: QueueEntry, _batch: Batch) -> Outcome:
    """Forget the transfers that another shard has received."""
    shard = exchange.transfers.check_shard(_read_whole(entry.shard))
    exchange.transfers.close(shard, _read_whole(entry.transfer))
    return Outcome()


def _read_transfer(exchange: Exchange, entry: QueueEntry) -> Transfer:
    asset = exchange.ledger.find_asset(entry.asset)
    units = read_amount(entry.amount, asset)
    identifier = check_transfer_id(entry.id or "")
    return Transfer(check_account(entry.account), asset.symbol, units, identifier)


def _read_whole(value: object) -> int | None:
    """Return a field that may have any JSON value; None if it is no whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
