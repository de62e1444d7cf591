"""The exchange's side of the core's ledger: its assets and accounts by name, amounts as text."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias

import msgspec

from engine.core import ALL_SYMBOLS, Matcher, Terms
from engine.exchange.batch import Batch
from engine.exchange.event_text import put_balance, put_balance_changed, put_position
from engine.exchange.transfers import Sent
from protocol.assets import (
    FEES_ACCOUNT,
    Asset,
    LedgerSettings,
    measure,
    number_assets,
    to_rate,
)
from protocol.enums import BalanceCause, BalanceMode, Reason
from protocol.events import Balance
from protocol.instrument import Instrument
from protocol.refusal import Refusal

MAX_CHANGES = 100_000
"""So many credits and debits are remembered by their ids, so that each works once."""
Change: TypeAlias = tuple[BalanceCause, str, str, int]
"""What a credit or debit was: its cause, account, asset and units."""


class StoredLedger(msgspec.Struct, array_like=True, gc=False):
    """The ledger's settings, and the credits and debits that are remembered, oldest first."""

    settings: LedgerSettings
    changes: dict[str, Change]


def settle_settings(
    wanted: LedgerSettings, now: LedgerSettings | None, *, is_new: bool
) -> LedgerSettings:
    """Return the settings to put in force in the place of `now`; ValueError if they cannot be.

    Whether funds are checked stays as it was when the exchange began; one that began without a
    ledger has orders that nobody had to pay for. Assets keep their order; new ones come behind.
    """
    if now is None:
        balances = wanted.balances if is_new else BalanceMode.UNLIMITED
        return msgspec.structs.replace(wanted, balances=balances)
    configured = {asset.symbol: asset for asset in wanted.assets}
    assets = [configured.pop(asset.symbol, asset) for asset in now.assets]
    for old, new in zip(now.assets, assets, strict=True):
        if old.decimals != new.decimals:
            raise ValueError(
                f"{old.symbol} was counted with {old.decimals} decimals, now it has {new.decimals}"
            )
    return msgspec.structs.replace(
        wanted, balances=now.balances, assets=[*assets, *configured.values()]
    )


class Ledger:
    """Whatever of the ledger the core does not keep; nothing before the first `configure`.

    `matcher` has the balances, `names` the accounts by number.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.settings: LedgerSettings | None = None
        self.assets: list[Asset] = []
        self.changes: dict[str, Change] = {}
        self.names: list[str] = [FEES_ACCOUNT]
        self.traded: dict[int, tuple[Asset, Asset]] = {}
        """Base and quote of each instrument whose trades are settled."""
        self.matcher = Matcher(0)
        self._instruments = list(instruments)
        self._by_symbol: dict[str, Asset] = {}

    @property
    def is_open(self) -> bool:
        """Whether balances are kept."""
        return self.settings is not None

    def configure(self, settings: LedgerSettings, names: Iterable[str], batch: Batch) -> None:
        """Put other settings in force; raise Refusal, and change nothing, if they cannot be used.

        The first ones open the ledger, for the accounts `names` that are there already.
        """
        assets = self.check_settings(settings)
        is_first = self.settings is None
        if is_first:
            is_checked = settings.balances is BalanceMode.CHECKED
            self.matcher.open_ledger(len(assets), is_checked=is_checked)
        while self.matcher.assets < len(assets):
            self.matcher.add_asset()
        self._take_settings(settings, assets)
        if is_first:
            for name in names:
                self.open_account(name, batch)
        self._set_terms(settings)

    def export(self) -> StoredLedger | None:
        """Return what a snapshot keeps beside the core's part; None without a ledger."""
        return None if self.settings is None else StoredLedger(self.settings, self.changes)

    def restore(self, matcher: Matcher, stored: StoredLedger | None, names: Iterable[str]) -> None:
        """Take over what a snapshot has; raise ValueError if it does not fit the core's part."""
        self.matcher = matcher
        if (stored is None) != (matcher.accounts == 0):
            raise ValueError("damaged snapshot: a ledger without its settings, or the reverse")
        if stored is None:
            return
        self._take_settings(stored.settings, list(number_assets(stored.settings.assets).values()))
        self.changes = stored.changes
        self.names = [FEES_ACCOUNT, *names]
        if (len(self.assets), len(self.names)) != (matcher.assets, matcher.accounts):
            raise ValueError("damaged snapshot: other assets or accounts than the core has")
        self._note_traded()

    # Accounts

    def check_opening(self, accounts: int) -> None:
        """Raise Refusal if no account can be opened beside so many."""
        if self.settings is not None and accounts >= self.settings.max_accounts:
            raise Refusal(
                Reason.TOO_MANY_ACCOUNTS,
                "account",
                f"the exchange has {accounts} accounts, the most that it may have",
            )

    def open_account(self, account: str, batch: Batch) -> int:
        """Open an account with the starting balances; return its number."""
        number = self.matcher.open_account()
        self.names.append(account)
        for asset in self.assets:
            if asset.starting_units:
                self.matcher.credit(number, asset.index, asset.starting_units)
                amount = asset.to_text(asset.starting_units)
                self._tell_change(account, asset, amount, BalanceCause.OPENING, None, batch)
        return number

    def change(
        self, number: int, asset: Asset, change: Change, identifier: str, batch: Batch
    ) -> None:
        """Credit or debit an account that has enough."""
        cause, account, _, units = change
        amount = units if cause is BalanceCause.CREDIT else -units
        self.matcher.credit(number, asset.index, amount)
        self._tell_change(account, asset, asset.to_text(amount), cause, identifier, batch)
        self.changes[identifier] = change
        if len(self.changes) > MAX_CHANGES:
            del self.changes[next(iter(self.changes))]

    def move(
        self, number: int, asset: Asset, cause: BalanceCause, moved: Sent, batch: Batch
    ) -> None:
        """Take what is sent to another shard, or give what is received from one."""
        units = moved.transfer.units
        amount = units if cause is BalanceCause.RECEIVED else -units
        self.matcher.credit(number, asset.index, amount)
        put_balance_changed(
            batch.reports,
            moved.transfer.account,
            asset.symbol,
            asset.to_text(amount),
            cause,
            moved.transfer.id,
            batch.sequence,
            batch.timestamp_text,
            moved.shard,
            moved.number,
        )

    def check_debit(self, number: int | None, account: str, asset: Asset, units: int) -> None:
        """Raise Refusal if an account, new if it has no number, has less than that free."""
        if self.settings is None or self.settings.balances is BalanceMode.UNLIMITED:
            return
        free = asset.starting_units
        if number is not None:
            free, _ = self.matcher.balance(number, asset.index)
        if free < units:
            raise Refusal(
                Reason.INSUFFICIENT_BALANCE,
                "amount",
                f"{asset.to_text(units)} {asset.symbol} are needed,"
                f" {account} has {asset.to_text(free)} free",
                asset.to_text(free),
                asset.unit,
            )

    def set_fees(self, number: int, symbol: int | None, maker: int, taker: int) -> None:
        """Give an account rates of its own, for a symbol or for all without such."""
        self.matcher.set_fees(number, ALL_SYMBOLS if symbol is None else symbol, maker, taker)

    # What is told

    def require_open(self) -> None:
        """Raise Refusal if no balances are kept."""
        if self.settings is None:
            raise Refusal(Reason.NO_LEDGER, None, "the exchange keeps no balances")

    def find_asset(self, symbol: str | None) -> Asset:
        """Find an asset; raise Refusal if there is none, or no ledger."""
        self.require_open()
        asset = self._by_symbol.get(symbol or "")
        if asset is None:
            known = ", ".join(self._by_symbol)
            raise Refusal(Reason.UNKNOWN_ASSET, "asset", f"asset must be one of {known}")
        return asset

    def read_balance(self, number: int, asset: Asset) -> Balance:
        """Return what an account has of an asset."""
        free, locked = self.matcher.balance(number, asset.index)
        return Balance(asset.symbol, asset.to_text(free), asset.to_text(locked))

    def explain_shortfall(self, number: int) -> Refusal:
        """Return why the core refused the last order for its funds."""
        index, needed = self.matcher.shortfall()
        asset = self.assets[index]
        free, _ = self.matcher.balance(number, index)
        return Refusal(
            Reason.INSUFFICIENT_BALANCE,
            "quantity",
            f"{asset.to_text(needed)} {asset.symbol} are needed, {asset.to_text(free)} are free",
        )

    def add_positions(self, batch: Batch) -> None:
        """Tell each account of its balances that were changed; once a commit."""
        buffer, last = batch.reports, -1
        for number, index in self.matcher.take_changed():
            if number != last:
                if last >= 0:
                    buffer.put("]}")
                put_position(buffer, self.names[number], batch.sequence, batch.timestamp_text)
            free, locked = self.matcher.balance(number, index)
            put_balance(buffer, self.assets[index], free, locked, number != last)
            last = number
        if last >= 0:
            buffer.put("]}")

    # Settings

    def check_settings(self, settings: LedgerSettings) -> list[Asset]:
        """Return the assets; raise Refusal if the settings are unusable, or not those of before."""
        now = self.settings
        try:
            assets = list(number_assets(settings.assets).values())
            for symbol, rates in settings.fees.items():
                to_rate(rates.maker, f"maker_fee of {symbol}")
                to_rate(rates.taker, f"taker_fee of {symbol}")
        except (ValueError, Refusal) as error:
            raise Refusal(Reason.INVALID_COMMAND, "ledger", str(error)) from None
        if len(assets) < len(settings.assets) or not assets:
            raise Refusal(Reason.INVALID_COMMAND, "ledger", "each asset is there once")
        if now is not None and now.balances is not settings.balances:
            raise Refusal(Reason.INVALID_COMMAND, "ledger", f"balances are {now.balances} for good")
        kept = [(asset.symbol, asset.decimals) for asset in assets[: len(self.assets)]]
        if kept != [(asset.symbol, asset.decimals) for asset in self.assets]:
            raise Refusal(
                Reason.INVALID_COMMAND, "ledger", "assets and their decimals stay as they were"
            )
        return assets

    def _take_settings(self, settings: LedgerSettings, assets: list[Asset]) -> None:
        self.settings = settings
        self.assets = assets
        self._by_symbol = {asset.symbol: asset for asset in assets}

    def _set_terms(self, settings: LedgerSettings) -> None:
        """Have the trades of all instruments settled that the settings name, and that can be.

        In an exchange from before, orders may be open that hold more than one amount can be.
        """
        for instrument in self._instruments:
            rates = settings.fees.get(instrument.symbol)
            terms = None if rates is None else self._measure(instrument)
            if rates is not None and terms is not None:
                maker, taker = to_rate(rates.maker, "maker"), to_rate(rates.taker, "taker")
                fees = terms._replace(maker_fee=maker, taker_fee=taker)
                with suppress(ValueError):
                    self.matcher.set_terms(instrument.index, fees)
        self._note_traded()

    def _measure(self, instrument: Instrument) -> Terms | None:
        """Return an instrument's terms without fees; None if its lots are no whole units."""
        base = self._by_symbol.get(instrument.specification.base_asset)
        quote = self._by_symbol.get(instrument.specification.quote_asset)
        if base is None or quote is None or base is quote:
            return None
        try:
            worth = measure(instrument, base, quote)
        except ValueError:
            return None
        return Terms(base.index, quote.index, *worth)

    def _note_traded(self) -> None:
        for instrument in self._instruments:
            terms = self.matcher.terms(instrument.index)
            if terms is not None:
                pair = self.assets[terms.base], self.assets[terms.quote]
                self.traded[instrument.index] = pair

    @staticmethod
    def _tell_change(
        account: str,
        asset: Asset,
        amount: str,
        cause: BalanceCause,
        identifier: str | None,
        batch: Batch,
    ) -> None:
        put_balance_changed(
            batch.reports,
            account,
            asset.symbol,
            amount,
            cause,
            identifier,
            batch.sequence,
            batch.timestamp_text,
        )
