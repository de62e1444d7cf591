"""Answers to commands about money, as the OpenAPI document shows them."""

from typing import Annotated

from pydantic import Field

from protocol.described_body import DescribedBody, make_example
from protocol.enums import TransferState


class TransferResult(DescribedBody):
    """What the account has of the asset now."""

    model_config = make_example(
        account="alice",
        asset="USDT",
        free="1000.00000000",
        locked="0.00000000",
        duplicate=False,
    )

    account: str
    asset: str
    free: str
    locked: str
    duplicate: Annotated[bool, Field(description="it had been done before, nothing was changed")]


_MOVE = {
    "id": "move-1",
    "account": "default",
    "asset": "USDT",
    "amount": "1000.00000000",
    "from": 1,
    "to": 2,
    "number": 1,
    "state": "sent",
}


class MoveResult(DescribedBody):
    """What was sent to another shard, and what the account has left on this one."""

    model_config = make_example(**_MOVE, free="9000.00000000", locked="0.00000000", duplicate=False)

    id: str
    account: str
    asset: str
    amount: str
    source: Annotated[int, Field(alias="from", description="the shard that it was sent from")]
    target: Annotated[int, Field(alias="to", description="the shard that it goes to")]
    number: Annotated[int, Field(description="counts the transfers between the two shards")]
    state: Annotated[TransferState, Field(description="the receiver has it within moments")]
    free: Annotated[str, Field(description="on the shard that it was sent from, now")]
    locked: str
    duplicate: Annotated[bool, Field(description="it had been done before, nothing was changed")]


class TransferItem(DescribedBody):
    """A transfer, as far as the archive knows."""

    model_config = make_example(
        cursor="33", **_MOVE, sequence=42, timestamp="2026-01-31T12:00:01.000001Z"
    )

    cursor: str
    id: str | None
    account: str
    asset: str
    amount: str
    source: Annotated[int, Field(alias="from", description="the shard that it was sent from")]
    target: Annotated[int, Field(alias="to", description="the shard that it goes to")]
    number: Annotated[int, Field(description="counts the transfers between the two shards")]
    state: Annotated[TransferState, Field(description="whether it is there")]
    sequence: Annotated[int, Field(description="of the shard that it was sent from")]
    timestamp: str


class TransferList(DescribedBody):
    """Transfers, newest first. `after` is the parameter of the next page."""

    model_config = make_example(
        transfers=[
            {
                "cursor": "33",
                **_MOVE,
                "sequence": 42,
                "timestamp": "2026-01-31T12:00:01.000001Z",
            }
        ],
        after=None,
        sequence=42,
    )

    transfers: list[TransferItem]
    after: str | None
    sequence: int


class FeesSet(DescribedBody):
    """The rates as they are now; `symbol` is null if they are of all instruments."""

    model_config = make_example(account="alice", symbol="BTC-USDT", maker="0", taker="0.0005")

    account: str
    symbol: str | None
    maker: str
    taker: str
