"""An exchange that was restored from a snapshot goes on like the one that lived on."""

from collections.abc import Iterator
from random import Random

import pytest

from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import Level
from engine.order_path.handler import Handler
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.core_implementations import CORES, matcher_class
from tests.support.exchange import ID_KEY, Exchange, Json
from tests.support.instruments import make_instruments

COMMITS = 1_500
CLOSED = 12
"""Closed orders that are remembered: few, so that many are forgotten."""
ACCOUNTS = ("alice", "bob")
NAMES = tuple("uvwxyz")
TYPES = (
    *["limit"] * 5,
    *("market", "ioc", "post_only", "stop_loss", "stop_limit", "take_profit"),
)


class Commands:
    """Commands about few names, so that they are taken, freed, given away and asked for again."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.sent: list[Json] = []

    def __iter__(self) -> Iterator[Json]:
        while True:
            entry = self.draw()
            self.sent.append(entry)
            number = len(self.sent)
            yield entry | {"reply_to": "worker", "request_id": str(number)}

    def draw(self) -> Json:
        random = self.random
        make = random.choices(
            (self.new, self.change, self.replace, self.new_list, self.repeat, self.end_many),
            (8, 7, 2, 2, 3, 1),
        )[0]
        return make() | {"account": random.choice(ACCOUNTS)}

    def name(self) -> str:
        return self.random.choice(NAMES)

    def price(self) -> str:
        return str(100 + self.random.randrange(-4, 5))

    def order(self) -> Json:
        """Draw an order without its symbol and its name."""
        random, kind = self.random, self.random.choice(TYPES)
        order: Json = {"side": random.choice(("buy", "sell")), "order_type": kind}
        order["quantity"] = str(random.randrange(1, 9))
        order["self_trade_prevention"] = random.choice(("none", "decrement", "cancel_both"))
        if kind in ("limit", "ioc", "post_only", "stop_limit"):
            order["price"] = self.price()
        if kind in ("stop_loss", "stop_limit", "take_profit"):
            trail = {"trailing_offset": "2", "trailing_offset_type": "price"}
            order |= random.choice(({"stop_price": self.price()}, trail))
        return order

    def new(self) -> Json:
        unique: Json = self.random.choice(({}, {"unique": "open"}, {"unique": "open"}))
        return {"symbol": "BTC-USDT", "client_order_id": self.name(), **unique, **self.order()}

    def change(self) -> Json:
        """Draw a cancel or an amend, some of them with another name."""
        random, name = self.random, {"client_order_id": self.name()}
        if random.random() < 0.4:
            return {"command": "cancel", **name, "cancel_id": f"cancel-{self.name()}"}
        renamed: Json = random.choice(({}, {"new_client_order_id": self.name()}))
        changed = random.choice(
            ({"quantity": str(random.randrange(1, 9))}, {"price": self.price()})
        )
        return {"command": "amend", **name, **renamed, **changed}

    def replace(self) -> Json:
        replaced = {"client_order_id": self.name(), "cancel_id": "replaced"}
        mode = self.random.choice(("stop_on_failure", "allow_failure"))
        return self.new() | {
            "command": "replace", "unique": None, "replaced": replaced, "mode": mode,
        }  # fmt: skip

    def new_list(self) -> Json:
        side = self.random.choice(("buy", "sell"))
        legs = [self.order() | {"side": side, "client_order_id": self.name()} for _ in range(2)]
        kind = self.random.choice(("oco", "oto", "oto"))
        return {
            "command": "new_list", "symbol": "BTC-USDT", "list_type": kind,
            "client_list_id": self.name(), "orders": legs,
        }  # fmt: skip

    def repeat(self) -> Json:
        return self.random.choice(self.sent) if self.sent else self.new()

    def end_many(self) -> Json:
        cancel: Json = {"command": "cancel_list", "client_list_id": self.name()}
        return self.random.choice((cancel, cancel, {"command": "cancel_all"}))


def restore(state: EngineExchange) -> EngineExchange:
    restored = EngineExchange(make_instruments(), ID_KEY, CLOSED)
    restored.restore(decode_snapshot(encode_snapshot(state.export())))
    return restored


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("level", [Level.ORDERS, Level.CONDITIONAL])
def test_restored_exchange_goes_on_alike(
    core: str, level: Level, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.exchange.exchange.Matcher", matcher_class(core))
    alive = Exchange(closed_limit=CLOSED, level=level)
    restored = Exchange(closed_limit=CLOSED, level=level)
    commands, random = Commands(seed), Random(seed)
    flow = iter(commands)
    for number in range(COMMITS):
        entries = [next(flow) for _ in range(random.randrange(1, 4))]
        expected, batch = alive.send(*entries), restored.send(*entries)
        assert batch.to_journal_entry() == expected.to_journal_entry(), (number, entries)
        assert batch.to_replies() == expected.to_replies(), (number, entries)
        if random.random() < 0.1:
            restored.state = restore(restored.state)
            restored.handler = Handler(restored.state)
    assert encode_snapshot(restored.state.export()) == encode_snapshot(alive.state.export())
