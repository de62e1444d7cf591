"""What accounts move to and from other shards: counted for each pair, sent until it is received.

A transfer is a debit here and a credit there, each a command of its own list. Those from one shard
to another are numbered from 1. What is sent stays here until the other shard's engine shows that it
has received it; the receiver takes the next number only, so that whatever is pushed again does
nothing.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from protocol.enums import Reason
from protocol.refusal import Refusal
from protocol.shards import MAX_SHARDS

MAX_KNOWN = 100_000
"""So many transfers are remembered by their ids, so that each is sent once."""

_WORD = 2**64 - 1
_SENT_MIX = 0x27D4EB2F165667C5
_RECEIVED_MIX = 0x94D049BB133111EB


class Transfer(NamedTuple):
    """What is moved: from whose balance, of what, how much, under which id."""

    account: str
    asset: str
    units: int
    id: str


class Sent(NamedTuple):
    """Where a transfer went, under which number."""

    transfer: Transfer
    shard: int
    number: int


class StoredTransfers(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The numbers of the last transfers to and from each shard, and those that are remembered.

    `on_way` are those that are not known to be received, by shard and number.
    """

    sent: dict[int, int] = {}
    received: dict[int, int] = {}
    on_way: dict[int, dict[int, Transfer]] = {}
    known: list[Sent] = []


class Transfers:
    """The transfers of one shard; `shard` is its own."""

    def __init__(self, shard: int = 1) -> None:
        self.shard = shard
        self.sent: dict[int, int] = {}
        """Shard → the number of the last transfer to it."""
        self.received: dict[int, int] = {}
        """Shard → the number of the last transfer from it."""
        self.on_way: dict[int, dict[int, Transfer]] = {}
        """Shard → number → what was sent and is not known to be received, oldest first."""
        self._known: dict[tuple[str, str], Sent] = {}
        self._mix = 0

    def check_shard(self, shard: int | None) -> int:
        """Return the number of another shard; raise Refusal if it is none."""
        if shard == self.shard:
            raise Refusal(
                Reason.SAME_SHARD, "shard", f"what is on shard {shard} is there already", None
            )
        if shard is None or not 1 <= shard <= MAX_SHARDS:
            raise Refusal(
                Reason.UNKNOWN_SHARD,
                "shard",
                f"shard must be a number from 1 to {MAX_SHARDS}",
            )
        return shard

    def find(self, account: str, identifier: str) -> Sent | None:
        """Find what an account has sent under an id."""
        return self._known.get((account, identifier))

    def send(self, transfer: Transfer, shard: int) -> Sent:
        """Number and remember a transfer to another shard."""
        number = self.sent.get(shard, 0) + 1
        self.sent[shard] = number
        self.on_way.setdefault(shard, {})[number] = transfer
        sent = Sent(transfer, shard, number)
        self._known[transfer.account, transfer.id] = sent
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._mix += _digest(sent) + shard * _SENT_MIX
        return sent

    def is_next(self, shard: int, number: int | None) -> bool:
        """Whether a transfer from another shard is the next to be taken.

        Any other changes nothing: it has been taken, or will be pushed again. Raise Refusal if the
        number is none.
        """
        if number is None or number < 1:
            raise Refusal(Reason.INVALID_COMMAND, "transfer", "transfer must be a number from 1 on")
        return number == self.received.get(shard, 0) + 1

    def receive(self, shard: int) -> None:
        """Count a transfer that is taken from another shard."""
        self.received[shard] = self.received.get(shard, 0) + 1
        self._mix += shard * _RECEIVED_MIX

    def close(self, shard: int, number: int | None) -> None:
        """Forget what another shard has received, up to `number`; raise Refusal if it cannot be."""
        if number is None or not 0 <= number <= self.sent.get(shard, 0):
            raise Refusal(
                Reason.INVALID_COMMAND,
                "transfer",
                f"no transfer of that number went to shard {shard}",
            )
        on_way = self.on_way.get(shard, {})
        for received in [each for each in on_way if each <= number]:
            self._mix -= _digest(Sent(on_way.pop(received), shard, received))
        if not on_way:
            self.on_way.pop(shard, None)

    def mix(self, state_hash: int) -> int:
        """Return a state hash with the transfers in it."""
        return (state_hash + self._mix) & _WORD

    def export(self) -> StoredTransfers:
        """Return what a snapshot keeps."""
        known = list(self._known.values())
        return StoredTransfers(self.sent, self.received, self.on_way, known)

    def restore(self, stored: StoredTransfers) -> None:
        """Take over what a snapshot has."""
        self.sent, self.received, self.on_way = stored.sent, stored.received, stored.on_way
        self._known = {(each.transfer.account, each.transfer.id): each for each in stored.known}
        self._mix = sum(shard * number * _SENT_MIX for shard, number in self.sent.items())
        self._mix += sum(shard * number * _RECEIVED_MIX for shard, number in self.received.items())
        self._mix += sum(map(_digest, self.list_on_way()))

    def list_on_way(self) -> Iterable[Sent]:
        """List what was sent and is not known to be received."""
        for shard, transfers in self.on_way.items():
            for number, transfer in transfers.items():
                yield Sent(transfer, shard, number)


def _digest(sent: Sent) -> int:
    """Hash all that there is of a transfer."""
    account, asset, units, identifier = sent.transfer
    text = f"{sent.shard}\0{sent.number}\0{account}\0{asset}\0{units}\0{identifier}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
