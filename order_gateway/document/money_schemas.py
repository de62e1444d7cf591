"""Answers to operators' commands about money, as the OpenAPI document shows them."""

from typing import Annotated

from pydantic import Field

from protocol.described_body import DescribedBody, make_example


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


class FeesSet(DescribedBody):
    """The rates as they are now; `symbol` is null if they are of all instruments."""

    model_config = make_example(account="alice", symbol="BTC-USDT", maker="0", taker="0.0005")

    account: str
    symbol: str | None
    maker: str
    taker: str
