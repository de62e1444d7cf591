"""The recipes of CLIENTS.md, run in the clients' environments as they stand there."""

import os
import re
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from launcher.setup.environment import ROOT
from tests.clients.environments import find_python

DOCUMENT = ROOT / "binance_gateway" / "CLIENTS.md"
SCENARIO_SECONDS = 180.0


def read_recipe(heading: str, url: str, account: str) -> str:
    """Return the code under a heading, for the exchange at `url` and for `account`."""
    _, _, section = DOCUMENT.read_text().partition(f"\n## {heading}\n")
    found = re.search(r"```(?:python|json)\n(.*?)```", section, re.DOTALL)
    assert found is not None, heading
    address = urlsplit(url)
    code = found[1].replace("127.0.0.1:8002", f"127.0.0.1:{address.port}")
    return code.replace('"demo"', f'"{account}"')


def run_scenario(
    client: str,
    heading: str,
    scenario: str,
    url: str,
    folder: Path,
    seconds: float = SCENARIO_SECONDS,
    accounts: Sequence[str] = (),
) -> None:
    """Run a scenario in the client's environment; raise if it fails.

    It has two `accounts`, which nobody else has if they are not given.
    """
    files = []
    own = [f"{client}-{secrets.token_hex(4)}" for _ in range(2)]
    for number, account in enumerate(accounts or own):
        file = folder / f"{scenario}_{number}.py"
        file.write_text(read_recipe(heading, url, account))
        files.append(str(file))
    done = subprocess.run(
        [str(find_python(client)), "-m", f"tests.clients.scenarios.{scenario}", *files],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_PROXY": "*", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("done\n")
