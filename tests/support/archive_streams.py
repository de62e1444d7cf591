"""Random streams of every command that an exchange may get, and the exchange that got one."""

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.exchange.own_entries import make_timer_entry
from protocol.assets import AssetSpecification, FeeRates, LedgerSettings
from protocol.enums import BalanceMode
from tests.support.exchange import Exchange, Json

ACCOUNTS = ("alice", "bob")
LOTS = {"BTC-USDT": "0.0000{}", "ETH-USDT": "0.000{}", "NO-SUCH": "{}"}
FEW_CLOSED = 1  # so that closed orders are forgotten, and their ids used again


def _choose(*words: str) -> SearchStrategy[str]:
    return st.sampled_from(words)


prices = st.integers(1, 6).map(lambda ticks: f"0.0{ticks}")
accounts = _choose(*ACCOUNTS)
symbols = _choose("BTC-USDT", "BTC-USDT", "BTC-USDT", "ETH-USDT")
preventions = _choose("none", "none", "cancel_taker", "cancel_maker", "cancel_both", "decrement")
owners = st.fixed_dictionaries(
    {
        "account": accounts,
        "client_order_id": st.integers(1, 10).map(lambda number: f"order-{number}"),
        "side": _choose("buy", "sell"),
        "self_trade_prevention": preventions,
    }
)


def _join(first: Json, second: Json, symbol: str, lots: int) -> Json:
    return first | second | {"symbol": symbol, "quantity": LOTS[symbol].format(lots)}


terms = st.one_of(
    st.fixed_dictionaries({"order_type": _choose("limit"), "price": prices}),
    st.fixed_dictionaries(
        {"order_type": _choose("limit", "ioc", "fok", "post_only"), "price": prices}
    ),
    st.fixed_dictionaries(
        {"order_type": _choose("stop_loss", "take_profit"), "stop_price": prices}
    ),
    st.fixed_dictionaries(
        {
            "order_type": _choose("stop_limit", "take_profit_limit"),
            "price": prices,
            "stop_price": prices,
        }
    ),
    st.just({"order_type": "market"}),
)
refused_terms = st.sampled_from(
    [
        {"order_type": "limit"},
        {"order_type": "limit", "price": "0.015"},
        {"order_type": "market", "price": "0.01"},
        {"order_type": "stop_limit", "price": "0.01"},
        {"order_type": "limit", "price": "0.01", "stop_price": "0.01"},
        {"order_type": "no_such", "price": "0.01"},
    ]
)
orders = st.builds(_join, owners, terms, symbols, st.integers(1, 5))
refused_orders = st.builds(
    _join, owners, refused_terms | terms, _choose("BTC-USDT", "NO-SUCH"), st.integers(1, 5)
)
repeats = st.fixed_dictionaries({"command": st.just("repeat"), "target": st.integers(0, 30)})
followups = st.fixed_dictionaries(
    {"command": _choose("cancel", "amend", "amend"), "target": st.integers(0, 30)},
    optional={
        "price": prices,
        "stop_price": prices,
        "quantity": st.integers(1, 5).map(LOTS["BTC-USDT"].format),
    },
)
sweeps = st.fixed_dictionaries(
    {"command": st.just("cancel_all"), "account": accounts}, optional={"symbol": symbols}
)
timers = st.fixed_dictionaries(
    {
        "command": st.just("cancel_after"),
        "account": accounts,
        "seconds": st.sampled_from([0, 1, 1, 1, 10, 90_000]),
    },
    optional={"scope": _choose("all", "except_stops", "except_stops", "some")},
)
operations: SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"command": _choose("halt", "resume", "resume"), "symbol": symbols}),
    st.fixed_dictionaries({"command": st.just("clear_queue"), "quantity": _choose("1", "2", "x")}),
    st.sampled_from([{"side": 3}, {"command": "cancel", "order_id": "7"}, {"command": "no_such"}]),
)
# one_of would give each part of each alternative the same weight
_weighted: list[SearchStrategy[Json]] = [
    *[orders] * 12, *[followups] * 4, repeats, refused_orders, sweeps, timers, timers,
    operations,
]  # fmt: skip
commands = st.integers(0, len(_weighted) - 1).flatmap(_weighted.__getitem__)
everybody = _choose(*ACCOUNTS, "carol", "fees")
rates = _choose("0", "0.3", "0.00012345", "1")
STARTING = ("0.0005", "0.0005", "0.000003")
"""Of each asset: enough for all orders of a stream, or for a few."""
takers = st.fixed_dictionaries(
    {
        "account": accounts,
        "side": _choose("buy", "sell"),
        "order_type": st.just("limit"),
        "price": _choose("0.03", "0.04"),
        "symbol": st.just("BTC-USDT"),
        "quantity": st.integers(1, 5).map(LOTS["BTC-USDT"].format),
    }
)
money: list[SearchStrategy[Json]] = [
    st.fixed_dictionaries(
        {
            "command": _choose("credit", "debit"),
            "account": everybody,
            "asset": _choose("BTC", "USDT", "USDT", "NO-SUCH"),
            "amount": _choose("0.00000007", "0.0001", "-1"),
            "id": st.integers(1, 6).map(lambda number: f"id-{number}"),
        }
    ),
    st.fixed_dictionaries(
        {"command": st.just("set_fees"), "account": everybody, "maker": rates, "taker": rates},
        optional={"symbol": _choose("BTC-USDT", "ETH-USDT", "NO-SUCH")},
    ),
    st.fixed_dictionaries({"command": st.just("open_account"), "account": everybody}),
]
batches = st.lists(st.lists(commands, min_size=1, max_size=6), min_size=1, max_size=15)


def _describe(settings: LedgerSettings) -> Json:
    return {"command": "configure", "ledger": msgspec.to_builtins(settings)}


def _make_settings(mode: BalanceMode, starting: str, maker: str, taker: str, more: int) -> Json:
    """Settings with few decimals, so that much is rounded; SOL's lots are no whole units."""
    assets = [
        AssetSpecification("USDT", 9, starting),
        AssetSpecification("BTC", 6, starting),
        AssetSpecification("ETH", 8, starting),
        AssetSpecification("SOL", 2, "0"),
        *(AssetSpecification(f"MORE{number}") for number in range(more)),
    ]
    symbols = ("BTC-USDT", "ETH-USDT", "SOL-USDT")
    return _describe(LedgerSettings(mode, assets, dict.fromkeys(symbols, FeeRates(maker, taker))))


def _put(stream: list[list[Json]], first: Json, place: int, second: Json) -> list[list[Json]]:
    """Open the ledger in some commit, and change its settings at the end of some later one."""
    place = min(place, len(stream) - 1)
    later = (place + len(stream)) // 2
    return [
        [*([first] if number == place else []), *batch, *([second] if number == later else [])]
        for number, batch in enumerate(stream)
    ]


@st.composite
def _money_streams(draw: st.DrawFn) -> list[list[Json]]:
    place = draw(st.sampled_from([0, 0, 0, 1, 5]))
    mode = draw(st.sampled_from(BalanceMode)) if place == 0 else BalanceMode.UNLIMITED
    first, second = (
        draw(st.builds(_make_settings, st.just(mode), _choose(*STARTING), rates, rates, more))
        for more in (st.just(0), st.integers(0, 1))
    )
    every = st.sampled_from([st.one_of(money), commands, *[takers] * 4]).flatmap(lambda each: each)
    stream = draw(st.lists(st.lists(every, min_size=1, max_size=6), min_size=1, max_size=15))
    return _put(stream, first, place, second)


money_batches = _money_streams()
pauses = st.sampled_from([0, 500_000, 2_000_000, 70_000_000]) | st.integers(0, 90_000_000)


def make_exchange(stream: list[list[Json]], pause: int) -> Exchange:
    """Return an exchange that got `stream`: a commit for each list, `pause` microseconds apart.

    Its timers fire when the service would let them.
    """
    exchange = Exchange(closed_limit=FEW_CLOSED)
    sent: list[Json] = []
    for batch in stream:
        aimed = [_aim(command, exchange, sent) for command in batch]
        exchange.send(*aimed)
        sent += (command for command in aimed if "order_type" in command)
        exchange.now += pause
        if exchange.state.timers.is_due(exchange.elapsed):
            exchange.send(make_timer_entry(exchange.elapsed))
    return exchange


def _aim(command: Json, exchange: Exchange, sent: list[Json]) -> Json:
    """Aim a repeat at an order that was sent, a cancel or an amend at one that is known."""
    if "target" not in command:
        return command
    rest = {name: value for name, value in command.items() if name != "target"}
    if command["command"] == "repeat":
        return sent[command["target"] % len(sent)] if sent else {"command": "no_such"}
    orders = exchange.state.orders
    known = [*orders.closed.values(), *orders.open.values()]
    if not known:
        return rest
    order = known[command["target"] % len(known)]
    return {**rest, "order_id": str(order.order_id), "account": order.account}
