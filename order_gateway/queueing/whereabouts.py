"""Where else an account has what an order lacked: balances are those of one shard each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from order_gateway.errors import Unavailable
from order_gateway.queueing.gateway import Outcome
from protocol.enums import Reason, Side
from protocol.events import Balance
from protocol.instrument import Instrument
from protocol.refusal import Refusal

ReadShards: TypeAlias = Callable[[str], Awaitable[Mapping[int, Sequence[Balance]]]]
"""Reads what an account has on each shard, as far as that is known."""

_ADVICE = "POST /v1/transfers moves it"


class Whereabouts:
    """Adds to the refusal of an order that its account has more elsewhere."""

    def __init__(self, instruments: Mapping[str, Instrument], read: ReadShards) -> None:
        self._instruments = instruments
        self._read = read

    async def add(self, account: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Return the outcomes of new orders, with what the account has on other shards, if any."""
        if not any(map(_lacks_funds, outcomes)):
            return list(outcomes)
        try:
            shards = await self._read(account)
        except (Unavailable, Refusal):
            return list(outcomes)
        return [self._explain(outcome, shards) for outcome in outcomes]

    def _explain(self, outcome: Outcome, shards: Mapping[int, Sequence[Balance]]) -> Outcome:
        instrument, side = self._instruments.get(outcome.entry.symbol or ""), outcome.entry.side
        reply = outcome.reply
        if reply is None or not _lacks_funds(outcome) or instrument is None or side is None:
            return outcome
        asset = _find_paid(instrument, side)
        found = [
            f"shard {shard} has {balance.free} {asset} more"
            for shard, balances in shards.items()
            for balance in balances
            if shard != instrument.shard and balance.asset == asset and _is_above_zero(balance.free)
        ]
        if not found:
            return outcome
        detail = f"{reply.detail}; {', '.join(found)}: {_ADVICE}"
        return outcome._replace(reply=replace(reply, detail=detail))


def _lacks_funds(outcome: Outcome) -> bool:
    reply = outcome.reply
    return reply is not None and reply.reason is Reason.INSUFFICIENT_BALANCE and bool(reply.detail)


def _find_paid(instrument: Instrument, side: Side) -> str:
    specification = instrument.specification
    return specification.quote_asset if side is Side.BUY else specification.base_asset


def _is_above_zero(amount: str) -> bool:
    return not amount.startswith("-") and amount.strip("0.") != ""
