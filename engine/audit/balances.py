"""Audit the balances, from what was published and the commands that set assets and fees."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from engine.audit.findings import Findings, Rule
from engine.audit.queues import ReportedOrder
from engine.exchange.entries import Malformed, Unreadable, read_entry
from engine.exchange.exchange import Exchange
from protocol import codec
from protocol.assets import (
    FEE_UNIT,
    Asset,
    FeeRates,
    LedgerSettings,
    Worth,
    measure,
    number_assets,
    to_rate,
)
from protocol.commands import QueueEntry
from protocol.enums import BalanceMode, CommandType, Side
from protocol.events import (
    AccountPosition,
    BalanceChanged,
    BalanceEvent,
    CommandRejected,
    ExecutionReport,
    Fill,
    PrivateEvent,
)
from protocol.instrument import Instrument, divide_half_even
from protocol.journal import JournalEntry
from protocol.order_lists import BOUGHT_TYPES

_SETTINGS = (b'"configure"', b'"set_fees"')
"""A commit without these words changes no fees."""
_MOST_NAMED = 5


class BalanceAudit:
    """Follows what each account has, and works out anew what it is charged and what it holds."""

    def __init__(self, instruments: Sequence[Instrument], findings: Findings) -> None:
        self._instruments = {item.symbol: item for item in instruments}
        self._findings = findings
        self._settings: LedgerSettings | None = None
        self._assets: dict[str, Asset] = {}
        self._worth: dict[str, Worth] = {}
        self._fees: dict[str, FeeRates] = {}
        self._own_fees: dict[tuple[str, str | None], tuple[int, int]] = {}
        self._balances: dict[tuple[str, str], tuple[int, int]] = {}
        self.there: Counter[str] = Counter()
        """All that all accounts have of each asset, in units."""
        self._bought: Counter[str] = Counter()
        """What the open working orders have bought for others, in units."""
        self._came: Counter[str] = Counter()
        """What was opened with, credited or received, less what was debited or sent."""
        self.outside: Counter[str] | None = Counter()
        """Of that, what no other shard had; None if the journal's beginning is gone."""

    def begin(self, exchange: Exchange) -> None:
        """Start from a snapshot."""
        ledger = exchange.ledger
        if ledger.settings is None:
            return
        self._take(ledger.settings)
        symbols = list(self._instruments)
        for number, symbol, maker, taker in exchange.matcher.own_fees():
            place = ledger.names[number], symbols[symbol] if symbol >= 0 else None
            self._own_fees[place] = maker, taker
        for number, account in enumerate(ledger.names):
            for asset in ledger.assets:
                balance = exchange.matcher.balance(number, asset.index)
                self._balances[account, asset.symbol] = balance
                self.there[asset.symbol] += sum(balance)
        self._came = Counter(self.there)
        self.outside = None
        for instrument in self._instruments.values():
            for order in exchange.matcher.orders(instrument.index):
                if order.received:
                    self._bought[str(order.order_id)] = order.received

    def read(self, entry: JournalEntry, events: Sequence[PrivateEvent | BalanceEvent]) -> None:
        """Audit one commit."""
        changes = self._list_changes(entry, events)
        for event in events:
            while changes and changes[0][0] <= event.sequence:
                self._change(changes.pop(0)[1])
            if isinstance(event, BalanceChanged):
                self._count_coming(event)
            elif isinstance(event, AccountPosition):
                self._position(event)
            elif isinstance(event, ExecutionReport) and event.last_trade is not None:
                self._check_commission(event, event.last_trade)
                self._count_bought(event, event.last_trade)
        for _, command in changes:
            self._change(command)
        different = {name for name in self._came if self._came[name] != self.there[name]}
        self._findings.expect(
            not different,
            Rule.BALANCE,
            f"all that there is of {sorted(different)} is not all that came in",
        )

    def _count_coming(self, event: BalanceChanged) -> None:
        units = self._read_units(event.asset, event.amount)
        self._came[event.asset] += units
        if self.outside is not None and event.transfer is None:
            self.outside[event.asset] += units

    @property
    def places(self) -> dict[str, int]:
        """The decimals of each asset, in the ledger's order."""
        return {symbol: asset.decimals for symbol, asset in self._assets.items()}

    def compare_holds(self, orders: Iterable[ReportedOrder]) -> None:
        """Compare what is locked with what the open orders hold."""
        held: Counter[tuple[str, str]] = Counter()
        known = {order.order_id: order for order in orders}
        self._bought = Counter({name: self._bought[name] for name in self._bought.keys() & known})
        for order in known.values():
            specification = order.instrument.specification
            held[order.account, specification.base_asset] += self._bought[order.order_id]
            is_sell = order.side is Side.SELL
            asset = specification.base_asset if is_sell else specification.quote_asset
            held[order.account, asset] += self._find_need(order, known.get(order.partner or ""))
        locked = {place: locked for place, (_, locked) in self._balances.items()}
        different = [
            place for place in locked.keys() | held.keys() if locked.get(place, 0) != held[place]
        ]
        self._findings.expect(
            not different,
            Rule.HOLD,
            f"locked is not what the orders hold: {sorted(different)[:_MOST_NAMED]}",
        )

    def _find_need(self, order: ReportedOrder, partner: ReportedOrder | None) -> int:
        """Find what an order holds by itself: of two legs the first holds for both."""
        worth = self._worth.get(order.instrument.symbol)
        if worth is None or (order.is_pending and order.is_bought):
            return 0
        if partner is not None and int(partner.order_id) < int(order.order_id):
            return 0
        if order.side is Side.SELL:
            return order.remaining * worth.lot_units
        price = max(order.price, partner.price if partner else 0)
        return price * order.remaining * worth.step_units

    def _count_bought(self, report: ExecutionReport, fill: Fill) -> None:
        """Count what a working order buys for others, less commission."""
        symbol = report.symbol or ""
        if (
            not report.list
            or report.list.list_type not in BOUGHT_TYPES
            or symbol not in self._worth
        ):
            return
        if report.order_id == report.list.order_ids[0]:
            lots = self._instruments[symbol].lot.to_steps(fill.quantity)[0]
            asset = fill.commission_asset or ""
            commission = self._read_units(asset, fill.commission) if fill.commission else 0
            units = lots * self._worth[symbol].lot_units - commission
            self._bought[report.order_id] += units

    # Settings

    def _list_changes(
        self, entry: JournalEntry, events: Iterable[PrivateEvent | BalanceEvent]
    ) -> list[tuple[int, QueueEntry]]:
        """List the commands that set assets or fees and were not refused, by sequence."""
        if not any(word in entry.commands for word in _SETTINGS):
            return []
        refused = {event.sequence for event in events if isinstance(event, CommandRejected)}
        found = []
        for sequence, raw in enumerate(codec.split_entries(entry.commands), entry.previous + 1):
            try:
                command = read_entry(raw)
            except (Malformed, Unreadable):
                continue
            if sequence not in refused:
                found.append((sequence, command))
        return found

    def _change(self, command: QueueEntry) -> None:
        if command.command is CommandType.CONFIGURE and command.ledger is not None:
            self._take(command.ledger)
        elif command.command is CommandType.SET_FEES:
            rates = to_rate(command.maker or "", "maker"), to_rate(command.taker or "", "taker")
            self._own_fees[command.account, command.symbol] = rates

    def _take(self, settings: LedgerSettings) -> None:
        self._settings = settings
        self._assets = number_assets(settings.assets)
        self._fees |= settings.fees
        for symbol in settings.fees.keys() & self._instruments.keys():
            instrument = self._instruments[symbol]
            base = self._assets.get(instrument.specification.base_asset)
            quote = self._assets.get(instrument.specification.quote_asset)
            if base is not None and quote is not None and base is not quote:
                self._measure(instrument, base, quote)

    def _measure(self, instrument: Instrument, base: Asset, quote: Asset) -> None:
        try:
            self._worth[instrument.symbol] = measure(instrument, base, quote)
        except ValueError:
            self._worth.pop(instrument.symbol, None)

    # Balances

    def _position(self, event: AccountPosition) -> None:
        for balance in event.balances:
            place = event.account, balance.asset
            units = (
                self._read_units(balance.asset, balance.free),
                self._read_units(balance.asset, balance.locked),
            )
            self.there[balance.asset] += sum(units) - sum(self._balances.get(place, (0, 0)))
            self._balances[place] = units
            is_checked = self._settings and self._settings.balances is BalanceMode.CHECKED
            self._findings.expect(
                units[1] >= 0 and (units[0] >= 0 or not is_checked),
                Rule.BALANCE,
                f"{event.account} has {balance.free} {balance.asset}, {balance.locked} locked",
            )

    def _read_units(self, symbol: str, text: str) -> int:
        """Read an amount of any size and sign."""
        asset = self._assets.get(symbol)
        whole, _, fraction = text.removeprefix("-").partition(".")
        if asset is None or len(fraction) != asset.decimals or not (whole + fraction).isdigit():
            self._findings.add(Rule.BALANCE, f"{text!r} is no amount of {symbol}")
            return 0
        units = int(whole + fraction)
        return -units if text.startswith("-") else units

    # Commissions

    def _check_commission(self, report: ExecutionReport, fill: Fill) -> None:
        instrument = self._instruments[report.symbol or ""]
        worth = self._worth.get(instrument.symbol)
        expected: tuple[str, str] | tuple[None, None] = (None, None)
        if worth is not None:
            expected = self._charge(report, fill, instrument, worth)
        self._findings.expect(
            (fill.commission, fill.commission_asset) == expected,
            Rule.COMMISSION,
            f"{report.order_id} paid {fill.commission} {fill.commission_asset} for trade"
            f" {fill.trade_id}, not {expected[0]} {expected[1]}",
        )

    def _charge(
        self, report: ExecutionReport, fill: Fill, instrument: Instrument, worth: Worth
    ) -> tuple[str, str]:
        """Return what a fill costs, and in which asset."""
        lots = instrument.lot.to_steps(fill.quantity)[0]
        ticks = instrument.tick.to_steps(fill.price)[0]
        is_buy = report.side is Side.BUY
        specification = instrument.specification
        asset = self._assets[specification.base_asset if is_buy else specification.quote_asset]
        received = lots * worth.lot_units if is_buy else ticks * lots * worth.step_units
        rate = self._find_rates(report.account, instrument.symbol)[fill.liquidity == "taker"]
        return asset.to_text(divide_half_even(received * rate, FEE_UNIT)), asset.symbol

    def _find_rates(self, account: str, symbol: str) -> tuple[int, int]:
        """Return the maker's and the taker's rate of an account."""
        own: Mapping[tuple[str, str | None], tuple[int, int]] = self._own_fees
        found = own.get((account, symbol)) or own.get((account, None))
        if found is not None:
            return found
        rates = self._fees[symbol]
        return to_rate(rates.maker, "maker"), to_rate(rates.taker, "taker")
