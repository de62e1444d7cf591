"""Which events tell of what happens to an order, in the words of a user's stream."""

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.records import OrderRecord
from binance_gateway.account.report_events import ReportEvents
from binance_gateway.words.symbols import Symbols
from protocol.enums import (
    BalanceCause,
    Liquidity,
    OrderType,
    Reason,
    Side,
    Status,
    TimeInForce,
    TrailingOffsetType,
)
from protocol.events import (
    AccountPosition,
    Balance,
    BalanceChanged,
    CommandRejected,
    ExecutionReport,
    Fill,
    PreventedMatch,
)
from protocol.timestamps import format_timestamp
from tests.unit.binance_gateway.markets import EXAMPLE
from tests.unit.market_data.markets import BTC, make_instruments

SENT = EXAMPLE + 5_000
STAMP = format_timestamp(EXAMPLE)
FILL = Fill(88, "59999.90", "0.00500", Liquidity.TAKER, "0.00000500", "BTC")
PLACED = ExecutionReport(
    order_id="5", number=1041, execution_number=2209, client_order_id="bot7-31", account="demo",
    symbol=BTC, side=Side.BUY, order_type=OrderType.LIMIT, price="60000.10", stop_price=None,
    triggered=None, quantity="0.02000", filled_quantity="0.00000", remaining_quantity="0.02000",
    filled_notional="0.0000000", average_price=None, status=Status.OPEN, reason=None,
    last_trade=None, sequence=10, timestamp=STAMP,
)  # fmt: skip
FILLED_IN_PART = replace(
    PLACED, execution_number=2210, status=Status.PARTIALLY_FILLED, filled_quantity="0.00500",
    remaining_quantity="0.01500", filled_notional="299.9995000", last_trade=FILL,
)  # fmt: skip
ENDED = replace(PLACED, status=Status.CANCELED, remaining_quantity="0.00000", sequence=11)
STOP = replace(PLACED, order_type=OrderType.STOP_LOSS, price=None, stop_price="61000.00",
               triggered=False)  # fmt: skip
TRAILING = replace(STOP, stop_price=None, trailing_offset="250", activation_price="61000.00",
                   trailing_offset_type=TrailingOffsetType.BASIS_POINTS)  # fmt: skip


@pytest.fixture
def events() -> ReportEvents:
    return ReportEvents(Symbols(make_instruments()), lambda: SENT)


def tell(events: ReportEvents, report: Any, unit: int = 1_000) -> list[Any]:
    """Without `E`, which is the exchange's time."""
    told = [event(unit) for event in events.translate(report)]
    for each in told:
        assert each.pop("E") == SENT // unit
    return told


def test_a_fill_has_all_fields_of_the_specification(events: ReportEvents) -> None:
    tell(events, PLACED)
    assert tell(events, FILLED_IN_PART) == [
        {
            "e": "executionReport", "s": "BTCUSDT", "c": "bot7-31", "S": "BUY", "o": "LIMIT",
            "f": "GTC", "q": "0.02000000", "p": "60000.10000000", "P": "0.00000000",
            "F": "0.00000000", "g": -1, "C": "", "x": "TRADE", "X": "PARTIALLY_FILLED", "r": "NONE",
            "i": 1041, "l": "0.00500000", "z": "0.00500000", "L": "59999.90000000",
            "n": "0.00000500", "N": "BTC", "T": 1769000000128, "t": 88, "I": 2210, "w": True,
            "m": False, "M": True, "O": 1769000000128, "Z": "299.99950000", "Y": "299.99950000",
            "Q": "0.00000000", "W": 1769000000128, "V": "NONE",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("report", "execution", "status", "is_working"),
    [
        (PLACED, "NEW", "NEW", True),
        (STOP, "NEW", "NEW", False),
        (ENDED, "CANCELED", "CANCELED", False),
        (replace(PLACED, previous_quantity="0.03000"), "REPLACED", "NEW", True),
        (replace(ENDED, reason=Reason.AMENDED_BELOW_FILLED), "EXPIRED", "EXPIRED", False),
        (
            replace(ENDED, reason=Reason.SELF_TRADE_PREVENTION),
            "TRADE_PREVENTION", "EXPIRED_IN_MATCH", False,
        ),
        (replace(PLACED, reason=Reason.SELF_TRADE_PREVENTION), "TRADE_PREVENTION", "NEW", True),
    ],
)  # fmt: skip
def test_what_happens_has_a_word(
    events: ReportEvents, report: ExecutionReport, execution: str, status: str, is_working: bool
) -> None:
    (told,) = tell(events, report)
    assert (told["x"], told["X"], told["w"]) == (execution, status, is_working)
    assert (told["l"], told["n"], told["N"], told["t"], told["M"]) == (
        "0.00000000", "0", None, -1, False,
    )  # fmt: skip


def test_a_stop_begins_to_work_when_it_is_reached(events: ReportEvents) -> None:
    (waiting,) = tell(events, STOP)
    assert "W" not in waiting
    later = format_timestamp(EXAMPLE + 2_000)
    (fired,) = tell(events, replace(STOP, triggered=True, timestamp=later))
    assert (fired["x"], fired["X"], fired["w"]) == ("NEW", "NEW", True)
    assert (fired["O"], fired["W"]) == (1769000000128, 1769000000130)


def test_a_trailing_stop_tells_since_when_it_follows(events: ReportEvents) -> None:
    (waiting,) = tell(events, TRAILING)
    assert (waiting["d"], waiting["P"]) == (250, "61000.00000000")
    assert "D" not in waiting
    for passed, triggered in ((2_000, False), (4_000, True)):
        moment = format_timestamp(EXAMPLE + passed)
        follows = replace(TRAILING, stop_price="59475.00", triggered=triggered, timestamp=moment)
        (told,) = tell(events, follows)
        assert (told["d"], told["P"], told["D"]) == (250, "61000.00000000", 1769000000130)
    assert not {"d", "D"} & tell(events, replace(STOP, order_id="6"))[0].keys()


def test_what_a_recalled_order_became_later_is_not_told_before(events: ReportEvents) -> None:
    """The archive was read after the trail had begun, and the reports of before come now."""
    moment = format_timestamp(EXAMPLE + 2_000)
    fields: dict[str, Any] = dict.fromkeys(OrderRecord.__struct_fields__) | {
        "order_id": "5", "number": 1041, "order_type": "stop_loss", "side": "buy",
        "status": "open", "triggered": True, "filled_quantity": "0", "filled_notional": "0",
        "opened_at": STAMP, "updated_at": moment, "working_since": moment,
        "stop_price": "59475.00", "trailing_offset": "250", "trailing_offset_type": "basis_points",
        "activation_price": "61000.00", "sequence": 12,
    }  # fmt: skip
    events.recall(OrderRecord(**fields), 9)
    (waiting,) = tell(events, TRAILING)
    assert not {"D", "W"} & waiting.keys()
    fired = replace(TRAILING, stop_price="59475.00", triggered=True, timestamp=moment)
    (told,) = tell(events, fired)
    assert told["D"] == told["W"] == 1769000000130


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.IOC_REMAINDER, "UNFILLED_IOC_QUANTITY_EXPIRED"),
        (Reason.FOK_NOT_FILLABLE, "UNFILLED_FOK_ORDER_EXPIRED"),
        (Reason.MARKET_REMAINDER, "INSUFFICIENT_LIQUIDITY"),
        (Reason.INSUFFICIENT_BALANCE, "REJECTED"),
        (Reason.TIME_REACHED, "EXCHANGE_CANCELED"),
    ],
)
def test_an_expired_order_says_why(events: ReportEvents, reason: Reason, expected: str) -> None:
    (told,) = tell(events, replace(ENDED, status=Status.EXPIRED, reason=reason))
    assert (told["x"], told["X"], told["eR"]) == ("EXPIRED", "EXPIRED", expected)


def test_a_cancel_and_an_amend_name_the_order_as_it_was_called(events: ReportEvents) -> None:
    (canceled,) = tell(events, replace(ENDED, cancel_id="my-cancel"))
    assert (canceled["c"], canceled["C"]) == ("my-cancel", "bot7-31")
    amended = replace(PLACED, previous_quantity="0.03000", previous_client_order_id="old")
    (told,) = tell(events, amended)
    assert (told["c"], told["C"]) == ("bot7-31", "old")
    (without_name,) = tell(events, ENDED)
    assert (without_name["c"], without_name["C"]) == ("bot7-31", "bot7-31")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.WOULD_TRADE, "WOULD_MATCH_IMMEDIATELY"),
        (Reason.WOULD_TRIGGER, "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY"),
        (Reason.INSUFFICIENT_BALANCE, "INSUFFICIENT_BALANCES"),
    ],
)
def test_a_refused_order_is_told_only_if_it_was_to_replace_another(
    events: ReportEvents, reason: Reason, expected: str
) -> None:
    refused = replace(PLACED, status=Status.REJECTED, reason=reason, number=UNSET)
    assert tell(events, refused) == []
    tell(events, replace(ENDED, sequence=12))
    (told,) = tell(events, replace(refused, sequence=12))
    assert (told["x"], told["X"], told["r"]) == ("REJECTED", "REJECTED", expected)


def test_a_refused_command_is_not_told(events: ReportEvents) -> None:
    reason = Reason.UNKNOWN_ORDER
    assert tell(events, CommandRejected("1", None, "demo", None, reason, None, 3, STAMP)) == []


def test_balances_are_told_as_they_are_and_as_they_change(events: ReportEvents) -> None:
    balances = [Balance("BTC", "1.00499500", "0.00000000"), Balance("USDT", "-5.5", "0")]
    assert tell(events, AccountPosition("demo", 10, STAMP, balances)) == [
        {
            "e": "outboundAccountPosition", "u": 1769000000128,
            "B": [
                {"a": "BTC", "f": "1.00499500", "l": "0.00000000"},
                {"a": "USDT", "f": "-5.50000000", "l": "0.00000000"},
            ],
        }
    ]  # fmt: skip
    change = BalanceChanged("demo", "USDT", "-250.00", BalanceCause.DEBIT, "d1", 11, STAMP)
    assert tell(events, change) == [
        {"e": "balanceUpdate", "a": "USDT", "d": "-250.00000000", "T": 1769000000128}
    ]


def test_a_prevented_match_names_the_other_order(events: ReportEvents) -> None:
    maker = replace(
        ENDED, order_id="4", number=1040, reason=Reason.SELF_TRADE_PREVENTION,
        prevented_quantity="0.02000",
        prevented_match=PreventedMatch(3, "60000.00", "0.02000", Liquidity.MAKER, "5"),
    )  # fmt: skip
    match = PreventedMatch(3, "60000.00", "0.00500", Liquidity.TAKER, "4")
    taker = replace(
        PLACED, prevented_quantity="0.00700", prevented_match=match, sequence=maker.sequence
    )
    tell(events, PLACED)
    (of_maker,), (of_taker,) = tell(events, maker), tell(events, taker)
    assert (of_maker["x"], of_maker["X"], of_maker["U"]) == (
        "TRADE_PREVENTION", "EXPIRED_IN_MATCH", 1041,
    )  # fmt: skip
    names = ("x", "X", "v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY", "l", "Y")
    assert [of_taker[name] for name in names] == [
        "TRADE_PREVENTION", "NEW", 3, "0.00700000", "0.00500000", -1, 1040, "BTCUSDT",
        "0.00500000", "60000.00000000", "300.00000000", "0.00000000", "0.00000000",
    ]  # fmt: skip


def test_what_few_orders_have_is_told(events: ReportEvents) -> None:
    order = replace(PLACED, display_quantity="0.00500", quote_quantity="1000.00",
                    time_in_force=TimeInForce.IOC)  # fmt: skip
    (told,) = tell(events, order)
    assert (told["f"], told["F"], told["Q"]) == ("IOC", "0.00500000", "1000.00000000")
    (until,) = tell(events, replace(PLACED, time_in_force=TimeInForce.GTD))
    assert until["f"] == "GTC"


def test_times_are_microseconds_where_that_is_asked_for(events: ReportEvents) -> None:
    (told,) = tell(events, PLACED, 1)
    assert {told["T"], told["O"], told["W"]} == {EXAMPLE}
