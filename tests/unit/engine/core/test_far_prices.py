"""Books whose prices lie far apart, and books that wander."""

from random import Random

from engine.core import EventKind, Matcher, OrderType, Side

BUY, SELL = Side.BUY, Side.SELL
LIMIT = OrderType.LIMIT


def test_bid_of_one_tick_and_ask_of_the_highest_price_trade(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, BUY, LIMIT, 5, 1)
    matcher.new(0, 2, 1, SELL, LIMIT, 5, 10**12)
    assert matcher.bbo(0) == (1, 5, 10**12, 5)
    assert matcher.new(0, 3, 2, BUY, OrderType.MARKET, 5)[1][6] == 10**12
    assert matcher.new(0, 4, 2, SELL, OrderType.MARKET, 5)[1][6] == 1
    assert matcher.bbo(0) == (0, 0, 0, 0)


def test_market_order_walks_from_near_levels_into_far_ones(matcher: Matcher) -> None:
    prices = [100, 101, 70_000, 10**6, 10**6 + 1, 10**9]
    for order_id, price in enumerate(prices, 1):
        matcher.new(0, order_id, 1, SELL, LIMIT, 1, price)
    events = matcher.new(0, 9, 2, BUY, OrderType.MARKET, 6)
    assert [row[6] for row in events if row[0] == EventKind.TRADE] == prices


def test_best_price_moves_back_from_far_to_near_levels(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, BUY, LIMIT, 1, 100)
    matcher.new(0, 2, 1, BUY, LIMIT, 1, 10**9)
    assert matcher.bbo(0)[0] == 10**9
    matcher.cancel(2, 1)
    assert matcher.bbo(0)[0] == 100
    matcher.cancel(1, 1)
    assert matcher.bbo(0)[0] == 0


def test_fok_counts_far_levels(matcher: Matcher) -> None:
    for order_id, price in enumerate((5, 10**7, 10**11), 1):
        matcher.new(0, order_id, 1, SELL, LIMIT, 1, price)
    assert matcher.new(0, 8, 2, BUY, OrderType.FOK, 3, 10**11 - 1)[1][0] == EventKind.EXPIRED
    assert matcher.new(0, 9, 2, BUY, OrderType.FOK, 3, 10**11)[3][7:9] == (1, 0)


def test_many_far_levels_keep_their_order(core: type[Matcher]) -> None:
    matcher = core()
    prices = Random(5).sample(range(1, 10**12), 5_000)
    for order_id, price in enumerate(prices, 1):
        matcher.new(0, order_id, 1, BUY, LIMIT, 1, price)
    assert [price for price, _ in matcher.l2(0)[0]] == sorted(prices, reverse=True)
    for order_id in Random(6).sample(range(1, 5_001), 4_900):
        matcher.cancel(order_id, 1)
        prices[order_id - 1] = 0
    assert [price for price, _ in matcher.l2(0)[0]] == sorted(filter(None, prices), reverse=True)


def test_a_book_that_wanders_keeps_all_its_levels(core: type[Matcher]) -> None:
    matcher = core()
    levels = {}
    for order_id in range(1, 8_001):
        price = 10**6 + 97 * order_id
        side, price = (BUY, price) if order_id % 2 else (SELL, price + 40_000)
        if matcher.bbo(0)[2] and side == BUY and price >= matcher.bbo(0)[2]:
            continue
        matcher.new(0, order_id, 1, side, OrderType.POST_ONLY, 1, price)
        levels[order_id] = (side, price)
    kept = {(Side.BUY, price) for price, _ in matcher.l2(0)[0]}
    kept |= {(Side.SELL, price) for price, _ in matcher.l2(0)[1]}
    open_levels = {(Side(order.side), order.price) for order in matcher.orders(0)}
    assert kept == open_levels
    assert kept <= set(levels.values())


def test_waiting_orders_at_distant_stop_prices_fire_in_turn(matcher: Matcher) -> None:
    for order_id, stop_price in enumerate((10**12, 5, 10**6), 1):
        matcher.new(0, order_id, 1, BUY, OrderType.STOP_LOSS, 1, 0, stop_price)
    matcher.new(0, 8, 2, SELL, LIMIT, 1, 10**6)
    events = matcher.new(0, 9, 3, BUY, LIMIT, 1, 10**6)
    assert [row[4] for row in events if row[0] == EventKind.TRIGGERED] == [2, 3]
    assert [order.order_id for order in matcher.orders(0)] == [1]
