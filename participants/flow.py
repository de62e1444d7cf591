"""A population that trades in one instrument, step by step."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random

from goquant.testing.whole_answers import read_whole
from participants.actors import (
    Choice,
    Intent,
    Quoting,
    choose_momentum,
    choose_noise,
    choose_reverting,
    make_ladder,
    take,
)
from participants.asking import Ask, Json, Send, send_by
from participants.markets import Market
from participants.reference import Reference, walk_back
from participants.replay.replay import give_funds
from protocol.instrument import Instrument

_HUNDREDTH = Decimal("0.01")
_BASIS_POINTS = 10_000


class Flow:
    """Actors act in a fixed order, and each sees what those before it have done.

    So under a manual clock the same seed makes the same commands. `ask` raises what it likes: an
    exchange that refuses a participant ends its flow.
    """

    uses_ask_alone = True

    def __init__(
        self,
        ask: Ask,
        market: Market,
        instrument: Instrument,
        seed: int,
        run: str,
        path: Iterator[int] | None = None,
        send: Send | None = None,
    ) -> None:
        """Make a population; its reference price walks, or follows a `path` in ticks.

        Its orders are named after the `run`, so that no other's have their names. Everybody is
        given so much that they never run out.
        """
        self._ask = ask
        self._send_orders = send or send_by(ask)
        self._market = market
        self._instrument = instrument
        self._symbol = instrument.symbol
        self._run = run
        self._names = 0
        self._tick = Decimal(instrument.tick.text)
        self._base = instrument.specification.base_asset
        self._makers = [f"maker-{number + 1}" for number in range(market.makers)]
        start = int(market.start_price / self._tick)
        if path is not None:
            start = next(path, start)
        point = start / _BASIS_POINTS
        self._chances = [Random(f"{seed}/{actor}") for actor in range(market.makers + 4)]  # noqa: S311
        volatility = market.volatility * point
        walk = walk_back(start, volatility, market.reversion, self._chances[-1])
        self._reference = Reference(start, path or walk)
        self._quoting = Quoting(
            market.levels,
            market.half_spread * point,
            market.level_gap * point,
            market.size,
            market.lean * point,
            market.storm * market.volatility * point,
        )
        self._openings: dict[str, float] = {}
        self._patience = market.patience * point
        self._quoted: dict[str, int] = {}
        """The reference price at which each maker quoted last."""
        for account in (*self._makers, "noise", "momentum", "reverting"):
            give_funds(ask, account, instrument, f"{run}.{account}")

    def step(self) -> None:
        """Have everybody act once."""
        self._reference.step()
        for account, chance in zip(self._makers, self._chances, strict=False):
            self._quote(account, chance)
        takers: tuple[tuple[str, Choice, float], ...] = (
            ("noise", choose_noise, self._market.noise_rate),
            ("momentum", choose_momentum, self._market.momentum_rate),
            ("reverting", choose_reverting, self._market.reverting_rate),
        )
        for (name, choose, rate), chance in zip(
            takers, self._chances[self._market.makers :], strict=False
        ):
            for intent in take(choose, rate, self._market.take_size, self._reference, chance):
                self._send(name, [intent])

    def stop(self) -> None:
        """Take everything out of the book."""
        for account in self._makers:
            self._cancel(account)

    def _quote(self, account: str, chance: Random) -> None:
        """Replace a maker's ladder, if it looks at the market now."""
        moved = abs(self._reference.price - self._quoted.get(account, -self._reference.price))
        if chance.random() >= self._market.requote and moved <= self._patience:
            return
        self._quoted[account] = self._reference.price
        inventory = self._read_inventory(account)
        self._cancel(account)
        self._send(account, make_ladder(self._quoting, self._reference, inventory, chance))

    def _cancel(self, account: str) -> None:
        self._ask("DELETE", f"/v1/orders?symbol={self._symbol}", None, account)

    def _read_inventory(self, account: str) -> float:
        """Read how much more of the base the maker has than it wants, and hedge a part elsewhere.

        Without that its quotes would drift away for good: others' orders are a random walk.
        """
        balances = read_whole(self._ask, "/v1/balances", account)["balances"]
        [held] = [
            float(Decimal(each["free"]) + Decimal(each["locked"]))
            for each in balances
            if each["asset"] == self._base
        ]
        opening = self._openings.get(account, held)
        self._openings[account] = opening + self._market.hedge * (held - opening)
        return held - opening

    def _send(self, account: str, intents: Iterable[Intent]) -> None:
        self._send_orders(account, [self._describe(intent) for intent in intents])

    def _describe(self, intent: Intent) -> Json:
        self._names += 1
        order = {
            "symbol": self._symbol,
            "side": intent.side,
            "quantity": f"{intent.size * _HUNDREDTH:f}",
            "order_type": "limit" if intent.price else "market",
            "client_order_id": f"{self._run}.{self._names}",
        }
        if intent.price:
            order["price"] = self._instrument.ticks_to_price(intent.price)
        return order
