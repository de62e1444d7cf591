"""Transfers between three shards against a model that moves money at once.

Whatever is lost on the way, comes twice or late, and whichever engine is started again from its
snapshot: once all is quiet, each account has on each shard what the model says, and at every moment
what is there and on its way is what there was.
"""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.exchange.own_entries import make_close, make_receipt
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.exchange import Exchange, read_replies
from tests.support.ledgers import make_empty_ledger

SHARDS = (1, 2, 3)
ACCOUNTS = ("alice", "bob")
START = 10
"""USDT of an account, on shard 1."""

shards = st.sampled_from(SHARDS)
accounts = st.sampled_from(ACCOUNTS)


class Transfers(RuleBasedStateMachine):
    """The exchanges of three shards; what is on its way from one to another is in `lists`."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges = {
            shard: Exchange(
                ledger=make_empty_ledger(USDT=str(START) if shard == 1 else "0"), shard=shard
            )
            for shard in SHARDS
        }
        for name in ACCOUNTS:
            self.exchanges[1].send({"command": "open_account", "account": name})
        self.lists: dict[tuple[int, int], list[bytes]] = {}
        self.model = Counter({(name, 1): START for name in ACCOUNTS})
        self.asked: dict[tuple[str, int, str], tuple[int, str]] = {}
        """What was sent, by account, source and id."""

    @rule(
        account=accounts, source=shards, goal=shards,
        amount=st.integers(0, 4), name=st.sampled_from("abcdef"),
    )  # fmt: skip
    def ask(self, account: str, source: int, goal: int, amount: int, name: str) -> None:
        """A transfer that the model makes, refuses, or knows."""
        entry: dict[str, Any] = {
            "command": "transfer", "account": account, "asset": "USDT", "amount": str(amount),
            "id": name, "shard": goal, "reply_to": "w", "request_id": "r",
        }  # fmt: skip
        free = self.free(account, source)
        [reply] = read_replies(self.exchanges[source].send(entry), "w")
        key, body = (account, source, name), (goal, str(amount))
        if amount == 0:
            expected = "amount_out_of_range"
        elif source == goal:
            expected = "same_shard"
        elif self.asked.get(key, body) != body:
            expected = "transfer_id_reused"
        elif key not in self.asked and free < amount:
            expected = "insufficient_balance"
        else:
            expected = None
            assert reply["duplicate"] == (key in self.asked)
            if key not in self.asked:
                self.asked[key] = body
                self.model[account, source] -= amount
                self.model[account, goal] += amount
        assert reply["reason"] == expected

    @rule(source=shards, goal=shards)
    def push(self, source: int, goal: int) -> None:
        """Whatever is on its way is pushed, again and again."""
        for sent in self.exchanges[source].state.transfers.list_on_way():
            if sent.shard == goal:
                amount = f"{sent.transfer.units // 10**8}"
                entries = self.lists.setdefault((source, goal), [])
                entries.append(make_receipt(sent, amount, source))

    @rule(source=shards, goal=shards, place=st.integers(0, 3), is_lost=st.booleans())
    def deliver(self, source: int, goal: int, place: int, is_lost: bool) -> None:
        """One of the entries comes there, in whatever order, or is lost."""
        entries = self.lists.get((source, goal), [])
        if len(entries) > place:
            entry = entries.pop(place)
            if not is_lost:
                self.exchanges[goal].send(entry)

    @rule(source=shards, goal=shards)
    def close(self, source: int, goal: int) -> None:
        """The sender hears how much was received."""
        received = self.exchanges[goal].state.transfers.received.get(source, 0)
        if source != goal:
            self.exchanges[source].send(make_close(goal, received))

    @rule(shard=shards)
    def restart(self, shard: int) -> None:
        """The engine goes on from a snapshot: to the same bytes, and the same state hash."""
        exchange = self.exchanges[shard]
        before = exchange.send({"command": "barrier"}).state_hash
        raw = encode_snapshot(exchange.state.export())
        exchange.state.restore(decode_snapshot(raw))
        assert encode_snapshot(exchange.state.export()) == raw
        assert exchange.send({"command": "barrier"}).state_hash == before

    @precondition(lambda self: any(each.state.transfers.on_way for each in self.exchanges.values()))
    @rule()
    def settle(self) -> None:
        """All is pushed and comes there: each account has what the model says."""
        for source in SHARDS:
            for goal in SHARDS:
                self.push(source, goal)
                while self.lists.get((source, goal)):
                    self.deliver(source, goal, 0, is_lost=False)
                self.close(source, goal)
        assert not any(each.state.transfers.on_way for each in self.exchanges.values())
        there = {(name, shard): self.free(name, shard) for name in ACCOUNTS for shard in SHARDS}
        assert there == {place: self.model[place] for place in there}

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        """What was received and is not closed yet is there, and not on its way any more."""
        total = sum(self.free(name, shard) for name in ACCOUNTS for shard in SHARDS)
        for source, exchange in self.exchanges.items():
            for sent in exchange.state.transfers.list_on_way():
                received = self.exchanges[sent.shard].state.transfers.received.get(source, 0)
                total += sent.transfer.units // 10**8 if sent.number > received else 0
        assert total == START * len(ACCOUNTS)

    def free(self, account: str, shard: int) -> int:
        state = self.exchanges[shard].state
        number = state.find_account(account)
        if number is None:
            return 0
        return state.matcher.balance(number, state.ledger.find_asset("USDT").index)[0] // 10**8


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
