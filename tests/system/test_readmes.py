"""The code blocks of every README run as they stand there, but for the ports of the exchange."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from launcher.setup.environment import ROOT
from launcher.supervision.run_file import RunRecord

SECONDS = 60
WATCHING_SECONDS = 8
"""A program that follows something for ever has to be alive after so long, without an error."""
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOREVER = re.compile(r"async for .* in reader")
NOT_RUN = {
    "python3 start_system.py ": "starts and stops systems: test_start_system.py",
    "python start_system.py status": "the launcher's commands: test_start_commands.py",
    "python3 -m tests tests/scenarios": "the suite itself",
    "python start_system.py --cluster": "starts systems: test_cluster.py",
    "DATA_DIR=data2": "another system: test_start_system.py",
    "python -m examples.market_maker": "runs for ever: test_examples.py",
    "pip install": "installs packages",
    "trades = pd.read_parquet": "needs the file of an hour that was exported: test_export.py",
}
"""Blocks that begin so, or have it in their first lines, and why no test runs them here."""


class Block(NamedTuple):
    """A code block: its language, and its text."""

    language: str
    text: str


def list_blocks() -> list[Block]:
    files = ["README.md", *sorted(map(str, Path().glob("*/README.md")))]
    found = [Block(*each) for file in files for each in BLOCK.findall(Path(file).read_text())]
    return [block for block in found if not any(start in block.text for start in NOT_RUN)]


def test_every_exception_is_one_of_some_block() -> None:
    texts = [Path(file).read_text() for file in ("README.md", "archive/README.md")]
    assert all(any(start in text for text in texts) for start in NOT_RUN)


@pytest.mark.parametrize("block", list_blocks(), ids=lambda block: block.text[:40])
def test_block_runs(block: Block, exchange: RunRecord) -> None:
    text = block.text.replace("localhost:8000", exchange.gateway_url.partition("//")[2])
    text = text.replace("localhost:8001", exchange.market_data_url.partition("//")[2])
    command = [sys.executable, "-c", text] if block.language == "python" else ["sh", "-ec", text]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    is_watching = FOREVER.search(text) is not None
    try:
        _, errors = process.communicate(timeout=WATCHING_SECONDS if is_watching else SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
        assert is_watching, errors
        assert "Traceback" not in errors
    else:
        assert process.returncode == 0, errors
