"""Limits of the settings, in a whole system: they hold, they may change, and the past stays."""

import asyncio
from pathlib import Path

import pytest

from goquant import GatewayClient, GatewayError
from protocol.enums import Reason
from tests.support.launched_system import REAL, launch, run_command

SHIPPED = Path("instruments.toml").read_text()
KEY, SECRET = "trader-key-0123456789", "a-secret-that-is-long-enough"
FAR = {
    "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "price": "70000", "quantity": "1",
}  # fmt: skip
KEYS = f"""
[[key]]
key = "{KEY}"
secret = "{SECRET}"
account = "alice"
scopes = ["read", "trade"]
"""


async def place(alice: GatewayClient, price: str, side: str = "buy") -> str | None:
    """The reason why an order of 1 was rejected; None where it was not."""
    return (await alice.submit_order("BTC-USDT", side, "1", price=price)).reason


async def meet_limits(url: str) -> None:
    async with GatewayClient(url, key=KEY, secret=SECRET) as alice:
        assert await place(alice, "60000") is None
        assert await place(alice, "60000", "sell") is None
        rejected = await alice.submit_order("BTC-USDT", "buy", "1", price="66000.01")
        assert (rejected.status, rejected.reason) == ("rejected", "price_out_of_band")
        assert (rejected.field, rejected.nearest, rejected.step) == ("price", "66000.00", "0.01")
        assert "54000.00 to 66000.00" in (rejected.detail or "")
        batch = await alice.submit_orders([FAR], response="result")
        assert batch[0].order
        assert batch[0].order.nearest == "66000.00"
        assert await place(alice, "59000") is None
        assert await place(alice, "59000") is None
        assert await place(alice, "59000") == "too_many_open_orders"
        with pytest.raises(GatewayError) as caught:
            await alice.submit_order("BTC-USDT", "buy", "2", price="60000")
        assert caught.value.code is Reason.NOTIONAL_OUT_OF_RANGE


def check_with_keys(data: Path, settings: dict[str, str]) -> None:
    without = run_command(data, "check", **settings)
    assert without.returncode == 1
    assert "check --api-key KEY" in without.stdout
    signed = run_command(data, "check", "--api-key", KEY, "--api-secret", SECRET, **settings)
    assert signed.returncode == 0, signed.stdout
    keys = {"CHECK_API_KEY": KEY, "CHECK_API_SECRET": SECRET}
    from_environment = run_command(data, "check", **settings, **keys)
    assert from_environment.returncode == 0, from_environment.stdout


async def meet_none(url: str) -> None:
    async with GatewayClient(url, account="alice") as alice:
        assert await place(alice, "66000.01") is None
        assert await place(alice, "1") is None
        async with asyncio.timeout(30):
            # the archive may still be on its way to the last one
            while len((await alice.list_orders(status="open")).orders) != 4:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


def test_limits_hold_and_a_system_with_others_replays_what_they_did(tmp_path: Path) -> None:
    instruments, keys, data = tmp_path / "i.toml", tmp_path / "keys.toml", tmp_path / "data"
    limits = 'lot_size = "0.00001"\nmax_notional = "100000"\nprice_band = "0.1"'
    instruments.write_text(SHIPPED.replace('lot_size = "0.00001"', limits))
    keys.write_text(KEYS)
    settings = {
        "INSTRUMENTS_FILE": str(instruments),
        "API_KEYS_FILE": str(keys),
        "MAX_OPEN_ORDERS": "2",
    }
    with launch(REAL, data, **settings) as system:
        system.wait_until_ready()
        system.wait_for_output('-H "X-API-Key: $API_KEY"')
        check_with_keys(data, settings)
        asyncio.run(meet_limits(system.wait_until_ready().gateway_url))
    with launch(REAL, data) as system:
        asyncio.run(meet_none(system.wait_until_ready().gateway_url))
