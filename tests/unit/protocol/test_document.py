"""PROTOCOL.md says what the code does."""

import re
from pathlib import Path

from protocol.enums import Reason
from protocol.reasons import MEANINGS, STATUSES, STATUSES_IN_A_PATH

DOCUMENT = Path("protocol/PROTOCOL.md").read_text()
REASON_ROW = re.compile(r"\| `(\w+)`(, in the path)? \| (\d{3}|–) \| (.+) \|")  # noqa: RUF001


def test_every_reason_has_the_row_that_the_code_says() -> None:
    rows = {
        (code, bool(place)): (status, meaning)
        for code, place, status, meaning in REASON_ROW.findall(DOCUMENT)
    }
    expected = {(reason.value, False): (status_of(reason), MEANINGS[reason]) for reason in Reason}
    for reason, status in STATUSES_IN_A_PATH.items():
        expected[reason.value, True] = (str(int(status)), MEANINGS[reason])
    assert rows == expected


def status_of(reason: Reason) -> str:
    return str(int(STATUSES[reason])) if reason in STATUSES else "–"  # noqa: RUF001
