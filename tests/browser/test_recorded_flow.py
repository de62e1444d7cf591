"""Much flow before the page: in small; an hour of it is `python -m benchmark.page FILE`."""

import random

from playwright.sync_api import Browser

from benchmark.page.replay import replay_before_page
from launcher.supervision.run_file import RunRecord
from participants.formats.commands import FileCommand
from tests.browser.conftest import clear_book
from tests.support.browser import Screen

SYMBOL = "SOL-USDT"
MOST_NODES = 20_000


def make_flow(count: int) -> list[FileCommand]:
    """Limit orders around a price, of which every third is canceled later."""
    dice = random.Random(8)
    commands: list[FileCommand] = []
    waiting: list[str] = []
    for number in range(count):
        if len(waiting) > 40 and dice.random() < 0.35:
            commands.append(FileCommand("C", waiting.pop(dice.randrange(len(waiting)))))
        else:
            away, is_buy = dice.randrange(1, 60), dice.random() < 0.5
            price = 15_000 - away if is_buy else 15_000 + away
            kind = "I" if number % 9 == 0 else "N"
            price = price if kind == "N" else 30_000 - price
            commands.append(FileCommand(kind, str(number), is_buy, price, dice.randrange(1, 90)))
            if kind == "N":
                waiting.append(str(number))
    return commands


def test_page_is_bounded_and_its_ladder_right_after_much_flow(
    browser: Browser, exchange: RunRecord
) -> None:
    screen = Screen(browser)
    outcome = replay_before_page(screen.page, exchange, SYMBOL, make_flow(3_000), rate=1_000)
    screen.close()
    clear_book(exchange, SYMBOL)
    assert outcome.is_right
    assert outcome.trades > 100
    assert max(sample.nodes for sample in outcome.samples) < MOST_NODES
