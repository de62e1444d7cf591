"""How real a market's flow is, for several seeds."""

from collections.abc import Sequence
from pathlib import Path

import httpx

import goquant
from participants.asking import Json
from participants.report.command_line import Watch, watch_flow
from participants.report.figures import compute_figures, format_figures
from participants.report.observation import Observation
from participants.report.picture import draw_report

SYMBOL = "BTC-USDT"


def report_seeds(market: str, seeds: Sequence[int], seconds: int, picture: Path | None) -> None:
    """Print a table with a column for each seed; write a picture of the flows."""
    observations = [_watch(market, seed, seconds) for seed in seeds]
    print(format_figures({each.name: compute_figures(each) for each in observations}))
    if picture is not None:
        picture.write_text(draw_report(observations))


def _watch(market: str, seed: int, seconds: int) -> Observation:
    with goquant.exchange() as exchange, httpx.Client(base_url=exchange.market_data_url) as http:

        def ask_market(path: str) -> Json:
            content: Json = http.get(path).raise_for_status().json()
            return content

        watch = Watch(exchange.ask, ask_market, SYMBOL, seconds)
        seen = watch_flow(watch, exchange.flow(market, seed, SYMBOL))
        seen.name = f"{market}, seed {seed}"
        return seen
