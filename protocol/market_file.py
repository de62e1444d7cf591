"""`market.json` in the data folder: which simulated market there is to be.

The launcher keeps the file while it runs, and has the market that it names; a gateway writes it.
"""

import os
from pathlib import Path

import msgspec

from protocol.enums import MarketName

MARKET_FILE = "market.json"


class SimulatedMarket(msgspec.Struct, frozen=True, omit_defaults=True):
    """A market of simulated traders; without a `start_price` it begins at that of its name."""

    name: MarketName
    symbol: str = "BTC-USDT"
    seed: int = 1
    start_price: str | None = None

    def describe(self) -> str:
        """Say which it is, for whoever started it."""
        return f"{self.name} on {self.symbol}, seed {self.seed}"


class MarketFile:
    """The file in `folder`. Methods raise OSError if it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MARKET_FILE

    def read(self) -> SimulatedMarket | None:
        """Return the market that there is to be, None if there is to be none.

        Raises FileNotFoundError if no launcher runs on the folder.
        """
        content = self._path.read_bytes()
        try:
            return msgspec.json.decode(content, type=SimulatedMarket | None)
        except msgspec.DecodeError:
            return None  # another version's, or written by hand

    def write(self, market: SimulatedMarket | None) -> None:
        """Have this market, or none, from now on."""
        unfinished = self._path.with_name(f"{MARKET_FILE}.{os.getpid()}")
        unfinished.write_bytes(msgspec.json.encode(market))
        unfinished.replace(self._path)

    def remove(self) -> None:
        """Say that nobody starts markets any more."""
        self._path.unlink(missing_ok=True)
