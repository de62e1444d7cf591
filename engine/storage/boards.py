"""Shows what the commits so far put in force, so that nobody has to read the journal for it."""

from pathlib import Path

from redis import Redis

from engine.exchange.rules import Rules
from protocol import channels, codec
from protocol.assets import LedgerSettings
from protocol.enums import Phase
from protocol.shards import FIRST, ShardNames

_SHOW = (Path(__file__).parent / "show_field.lua").read_text()


class PhaseBoard:
    """The fields `phases` and `halted` of the state: the instruments that are not `continuous`."""

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._state = names.state
        self._show = client.register_script(_SHOW)
        self._shown: dict[int, Phase] | None = None

    def begin(self) -> None:
        """Forget what was shown: another engine may have changed it."""
        self._shown = None

    def is_outdated(self, rules: Rules) -> bool:
        """Whether it shows something else than `rules`."""
        return self._shown != rules.phases

    def show(self, rules: Rules, owner: bytes) -> None:
        """Write the phases if they have changed."""
        if not self.is_outdated(rules):
            return
        phases = {rules.instruments[index].symbol: each for index, each in rules.phases.items()}
        for field, shown in (
            (channels.STATE_PHASES, codec.encode(phases)),
            (channels.STATE_HALTED, codec.encode(sorted(phases))),
        ):
            self._show(keys=[self._state], args=[channels.STATE_OWNER, owner, field, shown])
        self._shown = dict(rules.phases)


class LedgerBoard:
    """The field `ledger` of the state: the ledger's settings, none if there is no ledger."""

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._state = names.state
        self._show = client.register_script(_SHOW)
        self._shown: LedgerSettings | None = None

    def begin(self) -> None:
        """Forget what was shown."""
        self._shown = None

    def show(self, settings: LedgerSettings | None, owner: bytes) -> None:
        """Write the settings if they have changed."""
        if settings is None or settings is self._shown:
            return
        text = codec.encode(settings)
        self._show(
            keys=[self._state], args=[channels.STATE_OWNER, owner, channels.STATE_LEDGER, text]
        )
        self._shown = settings
