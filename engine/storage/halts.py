"""Says which instruments are halted, so that nobody has to read the journal for it."""

from redis import Redis

from engine.exchange.rules import Rules
from protocol import channels, codec

# by the owner only: an engine that was paused before it came to say so may be an old one by now
_SAY = """#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
"""


class HaltBoard:
    """The field `halted` of the state: what the commits so far have led to."""

    def __init__(self, client: Redis) -> None:
        self._say = client.register_script(_SAY)
        self._shown: set[int] | None = None

    def begin(self) -> None:
        """Another engine may have changed it: the next `show` says it anew."""
        self._shown = None

    def is_outdated(self, rules: Rules) -> bool:
        """Whether it shows something else than `rules`."""
        return self._shown != rules.halted

    def show(self, rules: Rules, owner: bytes) -> None:
        """Write it where it has changed."""
        if not self.is_outdated(rules):
            return
        symbols = sorted(rules.instruments[index].symbol for index in rules.halted)
        text = codec.encode(symbols)
        self._say(
            keys=[channels.STATE], args=[channels.STATE_OWNER, owner, channels.STATE_HALTED, text]
        )
        self._shown = set(rules.halted)
