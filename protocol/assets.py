"""What accounts have: assets, amounts of them, and what a ledger has to know before it counts.

An amount is a whole number of the asset's units, of which there are 10**decimals in one. Outside it
is a decimal string with all of the asset's places.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self

import msgspec

from protocol.decimals import DECIMAL_RULE, format_scaled, is_decimal, scale
from protocol.enums import BalanceMode, Reason
from protocol.instrument import Instrument
from protocol.refusal import Refusal

MAX_DECIMALS = 18
MAX_AMOUNT = 2**63 - 1
"""Of one credit, debit, hold or trade, in units; a balance may be larger."""
FEE_DECIMALS = 8
FEE_UNIT = 10**FEE_DECIMALS
"""Of a fee rate: at this one everything that is received goes to the fees."""
FEES_ACCOUNT = "fees"
"""Receives the commissions, and cannot trade."""
DEFAULT_FEE = "0.001"
DEFAULT_STARTING_BALANCE = "1000000"
DEFAULT_MAX_ACCOUNTS = 100_000
MAX_ACCOUNTS = 10_000_000
_MOST_PLACES = 36

_is_asset = re.compile(r"^[A-Z0-9]{1,16}$", re.ASCII).fullmatch


def check_asset(text: str) -> str:
    """Return `text`; raises Refusal if no asset can have that symbol."""
    if not _is_asset(text):
        raise Refusal(
            Reason.UNKNOWN_ASSET, "asset", "asset must be 1 to 16 of the characters A-Z 0-9"
        )
    return text


class AssetSpecification(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One `[[asset]]` table of instruments.toml."""

    symbol: str
    decimals: int = 8
    starting_balance: str = DEFAULT_STARTING_BALANCE


class FeeRates(msgspec.Struct, frozen=True):
    """What trading costs, as parts of what is received: decimal strings from 0 to 1."""

    maker: str
    taker: str


class LedgerSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a `configure` tells the ledger: whether it refuses, its assets, fees by symbol."""

    balances: BalanceMode
    assets: list[AssetSpecification]
    fees: dict[str, FeeRates]
    max_accounts: int = DEFAULT_MAX_ACCOUNTS

    @classmethod
    def of(
        cls,
        balances: BalanceMode,
        assets: Iterable[AssetSpecification],
        instruments: Iterable[Instrument],
        max_accounts: int = DEFAULT_MAX_ACCOUNTS,
    ) -> Self:
        """Take what is configured."""
        fees = {item.symbol: read_fees(item) for item in instruments}
        return cls(balances, list(assets), fees, max_accounts)


class Asset:
    """A specification with its conversions; `index` is the asset's number in the core."""

    def __init__(self, specification: AssetSpecification, index: int) -> None:
        """Raise ValueError, which names the field, if a value is not usable."""
        symbol, decimals = specification.symbol, specification.decimals
        if not _is_asset(symbol):
            raise ValueError(f"asset {symbol!r} does not look like USDT")
        if not 0 <= decimals <= MAX_DECIMALS:
            raise ValueError(f"decimals {decimals} of {symbol} are not from 0 to {MAX_DECIMALS}")
        self.specification = specification
        self.symbol = symbol
        self.decimals = decimals
        self.index = index
        try:
            self.starting_units = self.to_units(specification.starting_balance)
        except Refusal as refusal:
            nearest = f", the nearest is {refusal.nearest}" if refusal.nearest else ""
            raise ValueError(f"starting_balance of {symbol}: {refusal.detail}{nearest}") from None

    def to_units(self, text: str, field: str = "amount") -> int:
        """Return an amount in units; raise Refusal with the nearest valid one if it is none."""
        if not is_decimal(text):
            raise Refusal(Reason.INVALID_DECIMAL, field, f"{field} must be {DECIMAL_RULE}")
        exact = scale(text, _MOST_PLACES)
        step: int = 10 ** (_MOST_PLACES - self.decimals)
        units, rest = divmod(exact, step)
        if units > MAX_AMOUNT:
            most = self.to_text(MAX_AMOUNT)
            detail = f"{field} must be at most {most} {self.symbol}"
            raise Refusal(Reason.AMOUNT_OUT_OF_RANGE, field, detail, most, self.unit)
        if rest:
            nearest = self.to_text(max(1, units + (2 * rest >= step)))
            detail = f"{field} must be a multiple of {self.unit} {self.symbol}"
            raise Refusal(Reason.OFF_UNIT, field, detail, nearest, self.unit)
        return units

    def to_text(self, units: int) -> str:
        """Return the decimal string of an amount, with all of the asset's places."""
        text = format_scaled(abs(units), self.decimals)
        return f"-{text}" if units < 0 else text

    @property
    def unit(self) -> str:
        """The smallest amount."""
        return self.to_text(1)


class Worth(NamedTuple):
    """A lot in units of the base, and a lot at a price of one tick in units of the quote."""

    lot_units: int
    step_units: int


def measure(instrument: Instrument, base: Asset, quote: Asset) -> Worth:
    """Return what the instrument's lots and ticks are in units.

    Raises ValueError, with the nearest way out, if they are no whole number.
    """
    lot, tick = instrument.lot, instrument.tick
    return Worth(
        _count_units(lot.unit, lot.decimal_places, base, f"lot_size of {instrument.symbol}"),
        _count_units(
            lot.unit * tick.unit,
            lot.decimal_places + tick.decimal_places,
            quote,
            f"tick_size * lot_size of {instrument.symbol}",
        ),
    )


def _count_units(value: int, places: int, asset: Asset, name: str) -> int:
    scaled: int = value * 10**asset.decimals
    step: int = 10**places
    units, rest = divmod(scaled, step)
    if rest:
        nearest = asset.to_text(max(1, units + (2 * rest >= step)))
        raise ValueError(
            f"{name} is {format_scaled(value, places)}, no whole number of {asset.symbol}'s units"
            f" of {asset.unit}: the nearest that is one is {nearest},"
            f" or give {asset.symbol} decimals = {places}"
        )
    if units > MAX_AMOUNT:
        raise ValueError(f"{name} is more than {asset.to_text(MAX_AMOUNT)} {asset.symbol}")
    return units


def read_fees(instrument: Instrument) -> FeeRates:
    """Return an instrument's rates; raise ValueError if one is not usable."""
    specification = instrument.specification
    rates = FeeRates(specification.maker_fee or DEFAULT_FEE, specification.taker_fee or DEFAULT_FEE)
    for name, text in (("maker_fee", rates.maker), ("taker_fee", rates.taker)):
        try:
            to_rate(text, name)
        except Refusal as refusal:
            raise ValueError(f"{name} {text!r} of {instrument.symbol}: {refusal.detail}") from None
    return rates


def to_rate(text: str, field: str) -> int:
    """Return a fee rate in 10**-8; raise Refusal with the nearest valid one if it is none."""
    if not is_decimal(text):
        raise Refusal(Reason.INVALID_DECIMAL, field, f"{field} must be {DECIMAL_RULE}")
    exact = scale(text, _MOST_PLACES)
    step: int = 10 ** (_MOST_PLACES - FEE_DECIMALS)
    rate, rest = divmod(exact, step)
    if rest or rate > FEE_UNIT:
        nearest = format_scaled(min(rate, FEE_UNIT), FEE_DECIMALS)
        raise Refusal(
            Reason.FEE_OUT_OF_RANGE,
            field,
            f"{field} must be from 0 to 1, with at most {FEE_DECIMALS} places",
            nearest,
            "0.00000001",
        )
    return rate


def parse_assets(text: str, instruments: Iterable[Instrument]) -> list[AssetSpecification]:
    """Return the assets of the TOML `text`, and those that only an instrument names behind them.

    Raises ValueError that names what is wrong.
    """
    try:
        tables = tomllib.loads(text).get("asset", [])
        named = msgspec.convert(tables, list[AssetSpecification])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"instruments file: {error}") from error
    assets: dict[str, AssetSpecification] = {}
    for specification in named:
        if specification.symbol in assets:
            raise ValueError(f"asset {specification.symbol} is there twice")
        assets[specification.symbol] = specification
    for instrument in instruments:
        for symbol in (instrument.specification.base_asset, instrument.specification.quote_asset):
            assets.setdefault(symbol, AssetSpecification(symbol))
    number_assets(assets.values())
    return list(assets.values())


def number_assets(specifications: Iterable[AssetSpecification]) -> dict[str, Asset]:
    """Return assets by symbol, numbered in their order; ValueError if one is not usable."""
    return {item.symbol: Asset(item, index) for index, item in enumerate(specifications)}


def check_worth(instruments: Iterable[Instrument], assets: Mapping[str, Asset]) -> None:
    """Raise ValueError if what an instrument trades cannot be counted in its assets' units."""
    for instrument in instruments:
        specification = instrument.specification
        base, quote = assets[specification.base_asset], assets[specification.quote_asset]
        if base is quote:
            raise ValueError(f"{instrument.symbol} trades {base.symbol} for itself")
        measure(instrument, base, quote)
