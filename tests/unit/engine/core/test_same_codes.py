"""The compiled core's numbers are those of `engine.core.codes`: each rule is one rule, in C too."""

import re
from enum import IntEnum
from pathlib import Path
from struct import Struct

import pytest

from engine.core import codes, saved
from engine.core.reference import book

ROOT = Path(codes.__file__).parent
STATE = (ROOT / "compiled" / "state.pxd").read_text()
STATE_HASH = (ROOT / "compiled" / "state_hash.pxd").read_text()

PREFIXES = {
    codes.Side: "",
    codes.OrderType: "",
    codes.TimeInForce: "IN_FORCE_",
    codes.TrailingUnit: "",
    codes.Waiting: "",
    codes.SelfTradePrevention: "PREVENT_",
    codes.Command: "COMMAND_",
    codes.EventKind: "",
    codes.Reason: "",
    codes.ListKind: "",
    codes.Waiting: "",
}
"""In C all names share one space: these keep apart what would be the same name twice."""
LIMITS = (
    *("MAX_ORDERS", "MAX_SYMBOLS", "MAX_ASSETS", "MAX_ACCOUNTS"),
    *("FEE_UNIT", "FEES_ACCOUNT", "MAX_PARTS", "BASIS_POINT_UNIT"),
)
LARGE_LIMITS = ("MAX_PRICE", "MAX_QUANTITY", "MAX_ORDER_ID")
C_LIMITS = {"MAX_AMOUNT"}
"""What C calls by another name: the largest number of 64 bits."""
OWN_NUMBERS = {
    *("WINDOW", "NO_BID", "BLOCK", "ACCOUNT_BUCKETS"),
    *("MAX_LEGS", "HAS_EXTRA", "UNHELD", "UNITS"),
}
"""What the compiled core alone needs."""
FORMATS = {
    "uint8_t": "B",
    "uint16_t": "H",
    "int32_t": "i",
    "uint32_t": "I",
    "int64_t": "q",
    "uint64_t": "Q",
}


def parse_enums(text: str) -> dict[str, int]:
    """The members of all `cdef enum` of a `.pxd`; a name that stands twice is an error."""
    numbers: dict[str, int] = {}
    for block in re.findall(r"^cdef enum:\n((?:    .*\n)+)", text, re.MULTILINE):
        for name, number in re.findall(r"^    (\w+) = (-?\d+)", block, re.MULTILINE):
            assert name not in numbers, name
            numbers[name] = int(number)
    return numbers


def parse_defines(text: str) -> dict[str, int]:
    found = re.findall(r"#define GOQUANT_(\w+) (0x[0-9a-f]+|\d+)U?LL", text)
    return {name: int(number, 0) for name, number in found}


def parse_fields(text: str, struct: str) -> list[tuple[str, str]]:
    """Type and name of a struct's fields."""
    found = re.search(rf"^cdef (?:packed )?struct {struct}:\n((?:    .*\n)+)", text, re.MULTILINE)
    assert found, struct
    return re.findall(r"^    (\w+) (\w+)$", found[1], re.MULTILINE)


def pack_format(fields: list[tuple[str, str]]) -> str:
    return "<" + "".join(FORMATS[kind] for kind, _ in fields)


def name_in_c(member: IntEnum) -> str:
    name = PREFIXES[type(member)] + member.name
    return "REASON_NONE" if member is codes.Reason.NONE else name


def test_every_enum_of_the_codes_is_compared() -> None:
    enums = {item for item in vars(codes).values() if isinstance(item, type)}
    compared = {IntEnum, *PREFIXES}
    assert {item for item in enums if issubclass(item, IntEnum)} == compared


def test_enums_and_limits_are_the_same_in_both_cores() -> None:
    expected = {name_in_c(member): member.value for enum in PREFIXES for member in enum}
    expected |= {name: getattr(codes, name) for name in LIMITS}
    numbers = parse_enums(STATE)
    assert numbers.keys() >= OWN_NUMBERS
    assert {name: numbers[name] for name in numbers.keys() - OWN_NUMBERS} == expected


def test_large_limits_are_the_same_in_both_cores() -> None:
    defined = parse_defines(STATE)
    assert {name: defined[name] for name in LARGE_LIMITS} == {
        name: getattr(codes, name) for name in LARGE_LIMITS
    }


def test_no_limit_of_the_codes_is_left_out() -> None:
    limits = {name for name in vars(codes) if name.startswith("MAX_")}
    assert limits == {name for name in (*LIMITS, *LARGE_LIMITS, *C_LIMITS) if "MAX_" in name}
    assert codes.MAX_AMOUNT == 2**63 - 1


def test_state_hash_mixes_with_the_same_numbers_in_both_cores() -> None:
    defined = parse_defines(STATE_HASH)
    assert tuple(defined.values()) == (*book.MIX, book.FINISH)


@pytest.mark.parametrize(
    ("struct", "record"),
    [
        ("CommandRecord", codes.COMMAND_RECORD),
        ("OrderRecord", saved.ORDER_RECORD),
        ("ExtraRecord", saved.EXTRA_RECORD),
        ("ListRecord", saved.LIST_RECORD),
        ("TrailingRecord", saved.TRAILING_RECORD),
    ],
)
def test_records_have_the_same_layout_in_both_cores(struct: str, record: Struct) -> None:
    layout = Struct(pack_format(parse_fields(STATE, struct)))
    numbers = range(1, len(parse_fields(STATE, struct)) + 1)
    assert layout.pack(*numbers) == record.pack(*numbers)


def test_event_records_have_the_fields_of_an_event_in_order() -> None:
    head, *rest = parse_fields(STATE, "EventRecord")
    assert head == ("uint64_t", "head")
    assert [name for _, name in rest] == list(codes.Event._fields[4:])
    assert Struct(pack_format([head, *rest])).size == codes.EVENT_RECORD.size


def test_fields_of_an_event_that_depend_on_its_kind_have_names() -> None:
    row = (0, 0, 0, 7, 0, 100, 5, 5, 90, 1)
    amended = codes.Event(codes.EventKind.AMENDED, *row)
    assert (amended.stop_price, amended.has_kept_place) == (90, True)
    assert (amended.trade_id, amended.update_id) == (0, 0)
    trade = codes.Event(codes.EventKind.TRADE, *row)
    assert (trade.trade_id, trade.update_id) == (1, 0)
    assert (trade.stop_price, trade.has_kept_place) == (0, False)
    level = codes.Event(codes.EventKind.LEVEL, *row)
    assert (level.trade_id, level.update_id) == (0, 1)
