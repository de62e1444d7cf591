import time
from unittest.mock import AsyncMock

import pytest

from benchmark.gateway.comparison import Run, find_median
from benchmark.gateway.load import Load, Sent, send
from benchmark.shared.http_connection import HttpConnection, Response
from benchmark.shared.latency import Latency


def make_run(cpu: float, rate: float, milliseconds: float) -> Run:
    return Run(cpu, rate, Sent(1.0, Latency(*[milliseconds] * 5)))


def test_of_an_even_number_of_runs_every_figure_is_the_median() -> None:
    runs = [make_run(10, 400, 1), make_run(20, 100, 2), make_run(30, 300, 3), make_run(90, 200, 4)]
    median = find_median(runs)
    assert (median.cpu, median.orders_a_second) == (25, 250)
    assert median.sent.latency.p50 == 2


def test_a_load_without_a_rate_takes_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = AsyncMock(HttpConnection)
    connection.request.return_value = Response(201, b"")
    monkeypatch.setattr(HttpConnection, "open", AsyncMock(return_value=connection))
    began = time.perf_counter()
    sent = send(0, Load("/", 10))
    assert 0 < sent.seconds <= time.perf_counter() - began
