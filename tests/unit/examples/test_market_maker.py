"""The market maker where there is no exchange to run it at."""

import asyncio

import httpx
import pytest

from examples.market_maker import read_positions
from goquant import AccountPositions, GatewayClient, GatewayError
from protocol.enums import Reason
from protocol.problem import describe_problem


def ask(code: Reason) -> AccountPositions | None:
    async def run() -> AccountPositions | None:
        problem = describe_problem(code, "because")
        answer = httpx.Response(problem["status"], json=problem)
        transport = httpx.MockTransport(lambda _: answer)
        async with GatewayClient("http://gateway", transport=transport) as gateway:
            return await read_positions(gateway)

    return asyncio.run(run())


def test_exchange_without_a_ledger_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(Reason.NO_LEDGER) is None
    assert "keeps no ledger: begins with nothing" in capsys.readouterr().out


def test_other_refusals_are_not_hidden() -> None:
    with pytest.raises(GatewayError):
        ask(Reason.FORBIDDEN)
