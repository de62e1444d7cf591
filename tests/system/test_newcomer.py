"""What a newcomer does, from an empty home: a clone, a start, an order, its fill, another start.

Nothing of ours is installed: packages are fetched and the core is compiled anew. How long each step
took is printed (`pytest -s`); it is not judged.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from launcher.setup.environment import ROOT
from tests.support.ports import find_free_port

PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
KEPT_VARIABLES = ("PATH", "LANG", "TMPDIR")
SET_UP_SECONDS = 1800
BUY = {"symbol": "BTC-USDT", "order_type": "limit", "side": "buy", "price": "60000",
       "quantity": "1.0"}  # fmt: skip
SELL = {"symbol": "BTC-USDT", "order_type": "market", "side": "sell", "quantity": "0.4"}


class Newcomer:
    """Somebody with a clone and an empty home."""

    def __init__(self, folder: Path) -> None:
        home = folder / "home"
        home.mkdir()
        self.clone = folder / "goquant"
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        # where packages come from is the machine's affair
        kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        ports = dict.fromkeys(("GATEWAY_PORT", "MARKET_DATA_PORT", "BINANCE_PORT"), "0")
        ports["REDIS_PORT"] = f"{find_free_port()}"
        self._environment = kept | ports | {"HOME": str(home)}
        self._output = folder / "output"

    def take(self, name: str, *command: str) -> str:
        """Run a command to its end, without a fault; return what it printed."""
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.clone if self.clone.exists() else self.clone.parent,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self._tell(name, began)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    @contextmanager
    def start(self, name: str) -> Iterator[dict[str, Any]]:
        """Start the exchange, and stop it with Ctrl-C at the end; yield what it says of itself."""
        began = time.monotonic()
        with self._output.open("w") as output:
            process = subprocess.Popen(
                [PYTHON, "start_system.py", "--json"],
                cwd=self.clone,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, self._output.read_text()
            self._tell(name, began)
            yield json.loads(line)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0, self._output.read_text()
            self._tell("stop", began)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        assert "Traceback" not in self._output.read_text()

    @staticmethod
    def _tell(name: str, began: float) -> None:
        sys.stdout.write(f"{name}: {time.monotonic() - began:.1f} s\n")


def send(url: str, order: dict[str, str]) -> dict[str, Any]:
    """Send an order as the README's curl does, and wait for what becomes of it."""
    request = Request(
        f"{url}/v1/orders?response=full",
        json.dumps(order).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=60) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


@pytest.mark.timeout(SET_UP_SECONDS)
@pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="there is nothing to clone"
)
@pytest.mark.skipif(not Path(PYTHON).exists(), reason="the system's own Python is elsewhere")
def test_newcomer_comes_from_an_empty_home_to_the_first_fill(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    newcomer.take("clone", "git", "clone", "--quiet", str(ROOT), str(newcomer.clone))
    with newcomer.start("first start") as exchange:
        assert send(exchange["gateway_url"], BUY)["status"] == "open"
        sold = send(exchange["gateway_url"], SELL)
        assert [(fill["price"], fill["quantity"]) for fill in sold["fills"]] == [
            ("60000.00", "0.40000")
        ]
        newcomer.take("status", PYTHON, "start_system.py", "status")
        newcomer.take("check", PYTHON, "start_system.py", "check")
    with newcomer.start("second start") as exchange:
        assert send(exchange["gateway_url"], SELL)["fills"]
