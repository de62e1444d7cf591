"""Shows what the commits so far put in force, so that nobody has to read the journal for it."""

from pathlib import Path

from redis import Redis

from engine.exchange.rules import Rules
from protocol import channels, codec
from protocol.assets import LedgerSettings

_SHOW = (Path(__file__).parent / "show_field.lua").read_text()


class HaltBoard:
    """The field `halted` of the state: the symbols of halted instruments."""

    def __init__(self, client: Redis) -> None:
        self._show = client.register_script(_SHOW)
        self._shown: set[int] | None = None

    def begin(self) -> None:
        """Forget what was shown: another engine may have changed it."""
        self._shown = None

    def is_outdated(self, rules: Rules) -> bool:
        """Whether it shows something else than `rules`."""
        return self._shown != rules.halted

    def show(self, rules: Rules, owner: bytes) -> None:
        """Write the halted symbols if they have changed."""
        if not self.is_outdated(rules):
            return
        symbols = sorted(rules.instruments[index].symbol for index in rules.halted)
        text = codec.encode(symbols)
        self._show(
            keys=[channels.STATE], args=[channels.STATE_OWNER, owner, channels.STATE_HALTED, text]
        )
        self._shown = set(rules.halted)


class LedgerBoard:
    """The field `ledger` of the state: the ledger's settings, none if there is no ledger."""

    def __init__(self, client: Redis) -> None:
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
            keys=[channels.STATE], args=[channels.STATE_OWNER, owner, channels.STATE_LEDGER, text]
        )
        self._shown = settings
