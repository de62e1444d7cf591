"""The page that is served is what its sources make; their pure parts have tests of their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from market_data.web.trading_page import PAGE

SOURCES = Path(__file__).parents[3] / "market_data" / "page"


def run_node(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node found, which makes the page of its sources: apt-get install nodejs")
    return subprocess.run(
        [node, *arguments], cwd=SOURCES, capture_output=True, check=False, timeout=120
    )


@pytest.mark.skipif(
    not (SOURCES / "node_modules/terser").is_dir(),
    reason="no minifier found: npm ci in market_data/page",
)
def test_the_page_is_what_its_sources_make() -> None:
    made = run_node("build.mjs", "--print")
    assert made.returncode == 0, made.stderr.decode()
    assert made.stdout == PAGE.read_bytes(), "websocket_test.html is older than market_data/page"


def test_the_pure_parts_hold() -> None:
    tests = [str(path) for path in sorted((SOURCES / "tests").glob("*.test.js"))]
    outcome = run_node("--test", *tests)
    assert outcome.returncode == 0, outcome.stdout.decode()
