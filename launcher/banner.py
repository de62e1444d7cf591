"""The text that the user sees once everything is ready."""

import json
import shlex
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from cluster.address import is_cluster
from launcher.environments import read_setting
from launcher.settings import hide_password
from launcher.setup.compiled_modules import has_compiled_core
from launcher.setup.toolchain import PLAIN_PYTHON, find_missing_build_tool
from launcher.supervision.run_file import RunRecord

_ORDER = '{"symbol":"BTC-USDT","order_type":"limit","side":"buy","price":"60000","quantity":"1.0"}'
_BANNER = """
GoQuant is ready ({seconds:.1f} s).
  Core           {core}
  Redis          {redis}
  Order gateway  {gateway}/v1/orders   (documentation: {gateway}/v1/docs)
  Market data    {feed}
  Page           {page}/
  Binance API    {binance}
  Market         {market}
  Data folder    {folder}

Send an order:
  {curl}

Ctrl-C stops everything. In another terminal: python start_system.py status | check | --help
"""

_PART = """
Of GoQuant, {services} is ready ({seconds:.1f} s).
  Core           {core}
  Redis          {redis}
  Order gateway  {gateway}
  Market data    {feed}
  Data folder    {folder}

Ctrl-C stops it. In another terminal: python start_system.py status | --help
"""
_ELSEWHERE = "on other machines"

_NO_MARKET = "nobody trades but you; simulated traders: ▶ Demo flow on the page, or --market demo"


def format_banner(
    record: RunRecord,
    folder: Path,
    seconds: float,
    *,
    market: str | None = None,
    needs_api_key: bool = False,
) -> str:
    """Return the text: URLs, what serves, who trades, an order to try, and how to stop."""
    if not record.gateway_url or not record.market_data_url:
        return _PART.format(
            services=", ".join(service.name for service in record.services),
            seconds=seconds,
            core=describe_core(),
            redis=describe_redis(record),
            gateway=record.gateway_url or _ELSEWHERE,
            feed=record.feed_url or _ELSEWHERE,
            folder=folder,
        )
    return _BANNER.format(
        seconds=seconds,
        core=describe_core(),
        redis=describe_redis(record),
        gateway=record.gateway_url,
        feed=record.feed_url,
        page=record.market_data_url,
        binance=f"{record.binance_url}/api/v3" if record.binance_url else "off",
        market=f"{market}: simulated traders" if market else _NO_MARKET,
        folder=folder,
        curl=format_curl(record.gateway_url, needs_api_key=needs_api_key),
    )


def format_ready_line(record: RunRecord, folder: Path) -> str:
    """Return what a program needs to know of a system that is ready, as one line of JSON."""
    gateway, market_data = record.gateway_url, record.market_data_url
    fields = {
        "ready": record.is_ready,
        "pid": record.launcher.pid,
        "gateway_url": gateway,
        "gateway_port": urlsplit(gateway).port,
        "order_stream_url": record.order_stream_url,
        "market_data_url": market_data,
        "market_data_port": urlsplit(market_data).port,
        "feed_url": record.feed_url,
        "binance_url": record.binance_url,
        "redis_port": None if is_cluster(record.redis.url) else urlsplit(record.redis.url).port,
        "data_dir": str(folder),
    }
    return json.dumps(fields)


def describe_core() -> str:
    """Say which core the engine takes: the compiled one, unless it is missing or not wanted."""
    forced = read_setting("ENGINE_CORE")
    if forced == "python":
        return f"plain Python, as ENGINE_CORE asks: {PLAIN_PYTHON}"
    if forced or has_compiled_core():
        return "compiled (Cython)"
    missing = find_missing_build_tool() or "the compiled one is missing"
    return f"plain Python: {PLAIN_PYTHON}; {missing}"


def describe_redis(record: RunRecord) -> str:
    """Say which server it is, where it is, and who started it."""
    owner = "our own" if record.redis.is_own else "named by you"
    return f"{record.redis.title} at {hide_password(record.redis.url)}, {owner}"


def _has_proxy(url: str) -> bool:
    """Whether curl would ask a proxy for `url`."""
    is_spared = urllib.request.proxy_bypass(urlsplit(url).hostname or "")
    return not is_spared and not {"http", "all"}.isdisjoint(urllib.request.getproxies())


def format_curl(gateway_url: str, *, needs_api_key: bool = False) -> str:
    """Return the curl line for a first order; the user fills in the API key, if one is needed."""
    key = '-H "X-API-Key: $API_KEY" ' if needs_api_key else ""
    proxy = "--noproxy '*' " if _has_proxy(gateway_url) else ""
    line = (
        f'curl {proxy}-X POST {gateway_url}/v1/orders -H "Content-Type: application/json" '
        f"{key}-d {shlex.quote(_ORDER)}"
    )
    return f"{line}\n  (API_KEY: one of the API keys, without a secret)" if needs_api_key else line
