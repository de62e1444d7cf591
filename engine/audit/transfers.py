"""Audit the transfers between shards: each is sent once, received once, and the same in between.

With what each shard's audit of balances says, this is the proof that no money is made or lost on
the way: what all shards have, and what is on its way, is what came in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from engine.audit.findings import Findings, Rule
from engine.audit.record import Record
from engine.exchange.transfers import Transfers
from protocol.enums import BalanceCause
from protocol.events import BalanceChanged, BalanceEvent, PrivateEvent

_MOST_NAMED = 5


class Moved(NamedTuple):
    """What a transfer moved, in the asset's units."""

    account: str
    asset: str
    units: int
    id: str | None


class TransferAudit:
    """Follows what one shard sends and receives."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.sent: dict[int, int] = {}
        """Shard → the number of the last transfer to it."""
        self.received: dict[int, int] = {}
        self.seen: dict[tuple[BalanceCause, int, int], Moved] = {}
        """By cause, other shard and number: the transfers of the journal."""
        self.closed: dict[int, int] = {}
        """Shard → the last number of which the sender knows that it was received."""

    def begin(self, transfers: Transfers) -> None:
        """Start from a snapshot."""
        self.sent, self.received = dict(transfers.sent), dict(transfers.received)
        for transfer, shard, number in transfers.list_on_way():
            self.seen[BalanceCause.SENT, shard, number] = Moved(*transfer)

    def read(self, events: Iterable[PrivateEvent | BalanceEvent]) -> None:
        """Audit one commit."""
        for event in events:
            if isinstance(event, BalanceChanged) and event.shard and event.transfer:
                self._count(event, event.shard, event.transfer)

    def _count(self, event: BalanceChanged, shard: int, number: int) -> None:
        is_sent = event.cause is BalanceCause.SENT
        counts = self.sent if is_sent else self.received
        last = counts.get(shard, 0)
        self._findings.expect(
            number == last + 1,
            Rule.TRANSFER,
            f"transfer {number} {event.cause}, shard {shard}, follows on {last}",
        )
        counts[shard] = number
        units = int(event.amount.replace(".", "")) * (-1 if is_sent else 1)
        moved = Moved(event.account, event.asset, units, event.id)
        self.seen[event.cause, shard, number] = moved

    def read_end(self, transfers: Transfers) -> None:
        """Compare the counts with those of the replay, and see what is closed there."""
        self._findings.expect(
            (self.sent, self.received) == (transfers.sent, transfers.received),
            Rule.TRANSFER,
            "the events and the state count transfers differently",
        )
        for shard, last in transfers.sent.items():
            self.closed[shard] = next(iter(transfers.on_way.get(shard, {})), last + 1) - 1


class Verified(NamedTuple):
    """What the audits of one shard have found of its money.

    `there` is what all its accounts have, `came` what came from outside, in units by asset; that
    is None if the journal's beginning is gone. `places` are the assets' decimals.
    """

    transfers: TransferAudit
    there: Mapping[str, int]
    came: Mapping[str, int] | None
    places: Mapping[str, int]


class Crossing(NamedTuple):
    """What all shards together have: transfers sent and received, amounts on their way, totals."""

    sent: int
    received: int
    on_way: Mapping[str, int]
    there: Mapping[str, int]


def compare_shards(
    records: Sequence[Record], verified: Sequence[Verified], findings: Findings
) -> Crossing:
    """Compare what each shard has sent with what the others have received.

    While engines serve, one shard's record may end before another's: what that explains is no
    finding.
    """
    shards = {record.shard: each for record, each in zip(records, verified, strict=True)}
    at_rest = {record.shard for record in records if record.is_newest()}
    on_way: Counter[str] = Counter()
    sent = received = 0
    for source, target in permutations(shards, 2):
        sender, receiver = shards[source], shards[target]
        _compare_pair(source, target, sender, receiver, at_rest, findings)
        on_way += _sum_on_way(target, sender, receiver.transfers.received.get(source, 0))
        sent += sender.transfers.sent.get(target, 0)
        received += receiver.transfers.received.get(source, 0)
    there: Counter[str] = Counter()
    for shard in shards.values():
        there.update(shard.there)
    if len(at_rest) == len(shards):
        _compare_totals(list(shards.values()), there, on_way, findings)
    return Crossing(sent, received, on_way, there)


def _compare_pair(
    source: int,
    target: int,
    sender: Verified,
    receiver: Verified,
    at_rest: set[int],
    findings: Findings,
) -> None:
    last_sent = sender.transfers.sent.get(target, 0)
    last_received = receiver.transfers.received.get(source, 0)
    closed = sender.transfers.closed.get(target, 0)
    if last_received > last_sent and source in at_rest:
        findings.add(
            Rule.TRANSFER,
            f"shard {target} received transfer {last_received} of shard {source}, which has sent"
            f" {last_sent}",
        )
    if closed > last_received and target in at_rest:
        findings.add(
            Rule.TRANSFER,
            f"shard {source} takes transfer {closed} as received, shard {target} has"
            f" {last_received}",
        )
    different = [
        number
        for number in range(1, min(last_sent, last_received) + 1)
        if not _is_same(
            sender.transfers.seen.get((BalanceCause.SENT, target, number)),
            receiver.transfers.seen.get((BalanceCause.RECEIVED, source, number)),
        )
    ]
    findings.expect(
        not different,
        Rule.TRANSFER,
        f"transfers from shard {source} to shard {target} that came as something else:"
        f" {different[:_MOST_NAMED]}",
    )


def _is_same(sent: Moved | None, received: Moved | None) -> bool:
    """Whether both are alike, as far as the journals still have them."""
    return sent is None or received is None or sent == received


def _sum_on_way(target: int, sender: Verified, last_received: int) -> Counter[str]:
    total: Counter[str] = Counter()
    for number in range(last_received + 1, sender.transfers.sent.get(target, 0) + 1):
        moved = sender.transfers.seen.get((BalanceCause.SENT, target, number))
        if moved is not None:
            total[moved.asset] += moved.units
    return total


def _compare_totals(
    shards: Sequence[Verified], there: Counter[str], on_way: Counter[str], findings: Findings
) -> None:
    """Compare all that there is with all that came in, if all journals are whole."""
    came: Counter[str] = Counter()
    for shard in shards:
        if shard.came is None:
            return
        came.update(shard.came)
    different = sorted(
        asset for asset in came.keys() | there.keys() if there[asset] + on_way[asset] != came[asset]
    )
    findings.expect(
        not different,
        Rule.TRANSFER,
        f"what all shards have and what is on its way is not what came in: {different}",
    )
