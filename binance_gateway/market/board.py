"""The market as Binance's clients name it: a symbol, what is known of it, how it is written."""

from collections.abc import Iterator

from binance_gateway.market.figures import DAY, MINUTE, Figures, sum_up
from binance_gateway.market.texts import MarketTexts
from binance_gateway.words.symbols import Symbol, Symbols
from market_data.market.market import SymbolView
from market_data.market.whole_market import AnyMarket

AVERAGE_MINUTES = 5


class Listing:
    """One symbol: `name` is BTCUSDT, `symbol` BTC-USDT."""

    __slots__ = ("_market", "name", "symbol", "texts")

    def __init__(self, market: AnyMarket, symbol: Symbol) -> None:
        self._market = market
        self.name = symbol.name
        self.symbol = symbol.instrument.symbol
        self.texts = MarketTexts(symbol.instrument, symbol.name)

    @property
    def view(self) -> SymbolView:
        """What is known now; another object after the market was built anew."""
        return self._market[self.symbol]

    def read_clock(self) -> int:
        """Return the exchange's time, in microseconds."""
        return self._market.clock.now()

    def read_day(self) -> Figures:
        """Return the figures of the last 24 hours, which go minute by minute."""
        return self.read_window(self._market.now - DAY)

    def read_window(self, start: int) -> Figures:
        """Return the figures since the minute of `start`, at most a day ago."""
        minutes = self.view.prices.series["1m"]
        start = minutes.align(start)
        traded = minutes.list_traded(start, self._market.now + MINUTE)
        return sum_up(traded, minutes.find_close(start))

    def read_average(self) -> Figures:
        """Return the figures of the last `AVERAGE_MINUTES`, which go second by second."""
        seconds = self.view.prices.series["1s"]
        start = seconds.align(self._market.now - AVERAGE_MINUTES * MINUTE)
        traded = seconds.list_traded(start, self._market.now + MINUTE)
        return sum_up(traded, seconds.find_close(start))

    def write_average(self) -> str:
        """Write the average price of the last minutes; without trades the last price."""
        figures = self.read_average()
        if not figures.trades:
            return self.texts.price(figures.last)
        return self.texts.average(figures.notional, figures.volume)


class Board:
    """Every symbol that is offered, by its name here."""

    def __init__(self, market: AnyMarket, symbols: Symbols) -> None:
        self.market = market
        listings = (Listing(market, symbol) for symbol in symbols)
        self._listings = {listing.name: listing for listing in listings}
        self._by_symbol = {listing.symbol: listing for listing in self._listings.values()}

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._listings.values())

    def find(self, name: str) -> Listing | None:
        """Return the symbol of that name, such as BTCUSDT; None: there is none."""
        return self._listings.get(name)

    def find_symbol(self, symbol: str) -> Listing | None:
        """Return the symbol BTC-USDT; None: it is not offered here."""
        return self._by_symbol.get(symbol)
