"""Faults on command: which request meets one, decided by rules that have a seed each."""

import re
from random import Random
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, field
from msgspec.structs import asdict

Json: TypeAlias = dict[str, object]
STREAM = "WS"
"""Stands for the method where a route is a WebSocket's."""
STREAM_FAULTS = frozenset({"drop", "duplicate", "reorder", "silence", "disconnect"})
_is_order = re.compile(r"(POST|PUT|PATCH) \S*/order(?!s/cancel-batch)").match
"""Whether a request sends or changes orders, on the order gateway or on Binance's."""
MAX_RULES = 100
MAX_MILLISECONDS = 600_000


class FaultRule(Struct, forbid_unknown_fields=True):
    """One rule, as it is sent.

    `delay` waits before the request is read or before it is answered; `refuse` answers `status`
    and does nothing; `reset` breaks the connection and does nothing; `lose` does what was asked and
    breaks the connection instead of answering; `skew` does it, and the clock of the answer is ahead
    by `milliseconds`; `restart` breaks every connection of the service, and each new one for
    `milliseconds`, as a venue does that starts again; `halt` answers an order, and all others of
    the rule's for `milliseconds`, that the instrument is halted, while cancels pass.

    Messages on a WebSocket have faults of their own: `drop` loses one, `duplicate` sends it twice,
    `reorder` behind the next one, `silence` loses it and all for `milliseconds`, `disconnect`
    breaks the connection in its place; and `delay`, if the `route` begins with WS, which makes a
    feed slow.

    It is for requests of `account` (header X-Account; of all if it is missing) whose method and
    path begin with `route`; the method of a WebSocket is WS, and of its messages those are meant
    that have the text `contains`. Of those it meets each `every`-th, or each with a `probability`;
    without either, all of them, as often as `times` says.
    """

    fault: Literal[
        "delay", "refuse", "reset", "lose", "skew", "restart", "halt",
        "drop", "duplicate", "reorder", "silence", "disconnect",
    ]  # fmt: skip
    route: str = ""
    account: str | None = None
    contains: str = ""
    status: Literal[429, 500, 503] = 503
    milliseconds: Annotated[int, Meta(ge=0, le=MAX_MILLISECONDS)] = 0
    distribution: Literal["fixed", "normal", "pareto"] = "fixed"
    direction: Literal["request", "answer"] = "request"
    probability: Annotated[float, Meta(gt=0, le=1)] | None = None
    every: Annotated[int, Meta(ge=1)] | None = None
    times: Annotated[int, Meta(ge=1)] | None = None
    seed: int = 0

    def is_for(self, route: str, account: str) -> bool:
        """Whether it is for this request."""
        if not route.startswith(self.route) or self.account not in {None, account}:
            return False
        return self.fault != "halt" or _is_order(route) is not None


class Fault(Struct, frozen=True):
    """What one request meets: its `id`, its rule, and how long a delay is, in seconds."""

    id: str
    rule: FaultRule
    seconds: float


class ActiveRule(Struct):
    """A rule that is in force: how many requests were its own, and how many it met."""

    number: int
    rule: FaultRule
    chance: Random = field(default_factory=Random)
    matched: int = 0
    injected: int = 0

    def decide(self, route: str, account: str) -> Fault | None:
        """Return what a request meets; None if nothing."""
        rule = self.rule
        if not rule.is_for(route, account):
            return None
        self.matched += 1
        is_over = rule.times is not None and self.injected >= rule.times
        if is_over or not self._hits():
            return None
        self.injected += 1
        return Fault(f"{self.number}-{self.injected}", rule, self._draw_seconds())

    @property
    def is_for_messages(self) -> bool:
        """Whether it is for what is sent on WebSockets, not for requests."""
        if self.rule.fault == "delay":
            return self.rule.route.startswith(STREAM)
        return self.rule.fault in STREAM_FAULTS

    def describe(self) -> Json:
        """Return the rule with its counts."""
        counts = {"id": self.number, "matched": self.matched, "injected": self.injected}
        return counts | asdict(self.rule)

    def _hits(self) -> bool:
        if self.rule.every is not None:
            return self.matched % self.rule.every == 0
        return self.rule.probability is None or self.chance.random() < self.rule.probability

    def _draw_seconds(self) -> float:
        """Draw a delay: `milliseconds`, or around them, or at least them and now and then many."""
        mean = self.rule.milliseconds / 1000
        match self.rule.distribution:
            case "normal":
                drawn = self.chance.gauss(mean, mean / 4)
            case "pareto":
                drawn = mean * self.chance.paretovariate(1.5)
            case _:
                drawn = mean
        return min(max(0.0, drawn), MAX_MILLISECONDS / 1000)


class FaultRules:
    """The rules in force, in the order in which they came: the first that hits is the one."""

    def __init__(self) -> None:
        self._rules: list[ActiveRule] = []
        self._count = 0

    def add(self, rule: FaultRule) -> ActiveRule:
        """Put a rule in force; raise ValueError if there are MAX_RULES."""
        if len(self._rules) >= MAX_RULES:
            raise ValueError(f"there are {MAX_RULES} rules, and no more are taken")
        self._count += 1
        active = ActiveRule(self._count, rule, Random(rule.seed))  # noqa: S311 - it has to repeat
        self._rules.append(active)
        return active

    def clear(self) -> None:
        """End all rules."""
        self._rules.clear()

    def list(self) -> list[Json]:
        """Return what is in force, with counts."""
        return [rule.describe() for rule in self._rules]

    def decide(self, method: str, path: str, account: str) -> Fault | None:
        """Return what a request meets; None if nothing."""
        route = f"{method} {path}"
        for rule in self._rules:
            if not rule.is_for_messages and (fault := rule.decide(route, account)) is not None:
                return fault
        return None

    def decide_message(self, path: str, account: str, payload: bytes) -> Fault | None:
        """Return what a message on a WebSocket meets; None if nothing."""
        route = f"{STREAM} {path}"
        for rule in self._rules:
            if (
                rule.is_for_messages
                and rule.rule.contains.encode() in payload
                and (fault := rule.decide(route, account)) is not None
            ):
                return fault
        return None
