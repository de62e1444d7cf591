import pytest

from market_data.market.market import Market
from market_data.market.prices import Prices, to_percent
from tests.unit.market_data.markets import BTC, make_instruments

MINUTE = 60_000_000
DAY = 1_440 * MINUTE
NOON = 1_700_000_000_000_000 // DAY * DAY + 720 * MINUTE


def make_prices() -> Prices:
    return Prices(make_instruments()[BTC])


def test_before_the_first_trade_prices_are_null() -> None:
    ticker = make_prices().describe_ticker(NOON)
    assert [ticker[name] for name in ("open", "high", "low", "last", "change", "timestamp")] == [
        None
    ] * 6
    assert (ticker["volume"], ticker["trades"], ticker["since"]) == ("0.00000", 0, None)


def test_the_last_24_hours_are_exact() -> None:
    prices = make_prices()
    for minute, price, quantity in ((0, 6_000_000, 1), (1, 6_100_050, 20_000), (2, 5_900_000, 3)):
        prices.take(NOON + minute * MINUTE, price, quantity)
    assert prices.describe_ticker(NOON + 2 * MINUTE) == {
        "symbol": BTC,
        "open": "60000.00",
        "high": "61000.50",
        "low": "59000.00",
        "last": "59000.00",
        "volume": "0.20004",
        "quote_volume": "12202.4700000",
        "change": "-1000.00",
        "change_percent": "-1.67",
        "trades": 3,
        "timestamp": "2023-11-14T12:02:00.000000Z",
        "since": None,
        "phase": None,
    }


def test_what_is_older_than_a_day_goes_minute_by_minute() -> None:
    prices = make_prices()
    prices.take(NOON, 100, 1)
    prices.take(NOON + MINUTE, 300, 1)
    last_with_both = NOON + DAY - 1
    assert prices.describe_ticker(last_with_both)["open"] == "1.00"
    assert prices.describe_ticker(last_with_both + 1)["open"] == "3.00"
    empty = prices.describe_ticker(NOON + 2 * DAY)
    assert [empty[name] for name in ("open", "high", "low", "last")] == ["3.00"] * 4
    assert (empty["trades"], empty["change"], empty["change_percent"]) == (0, "0.00", "0.00")


def test_since_is_told_until_a_day_has_been_seen() -> None:
    prices = make_prices()
    prices.begin(NOON, 500)
    ticker = prices.describe_ticker(NOON + MINUTE)
    assert (ticker["last"], ticker["since"]) == ("5.00", "2023-11-14T12:00:00.000000Z")
    assert prices.describe_ticker(NOON + DAY + MINUTE)["since"] is None


@pytest.mark.parametrize(
    ("change", "base", "text"),
    [
        (1, 3, "33.33"),
        (-2, 3, "-66.67"),
        (1, 80_000, "0.00"),
        (1, 20_000, "0.00"),
        (3, 20_000, "0.02"),
        (-1, 80_000, "0.00"),
        (500, 1, "50000.00"),
    ],
)
def test_percent_is_rounded_half_even(change: int, base: int, text: str) -> None:
    assert to_percent(change, base) == text


def test_ticker_has_the_phase_once_the_engine_has_said() -> None:
    market = Market(make_instruments())
    assert market["BTC-USDT"].prices.describe_ticker(NOON)["phase"] is None
    market.note_phases({"BTC-USDT": "closed"})
    assert market["BTC-USDT"].prices.describe_ticker(NOON)["phase"] == "closed"
    assert market["ETH-USDT"].prices.describe_ticker(NOON)["phase"] == "continuous"
