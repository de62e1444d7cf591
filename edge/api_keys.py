"""API keys, from a TOML file or from the environment."""

import logging
import tomllib
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from protocol.commands import check_account
from protocol.hosts import is_loopback_address
from protocol.refusal import Refusal

logger = logging.getLogger(__name__)

Converted = TypeVar("Converted")

MIN_LENGTH = 16


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    TRADE = "trade"
    ADMIN = "admin"


EVERY_SCOPE = frozenset(Scope)


class UnusableKeys(Exception):
    """The keys cannot be used; the text names what is wrong, and no key."""


class ApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[key]]` table. With a `secret`, requests are signed; without, the key alone is enough.

    A `public_key` (PEM, Ed25519 or RSA) signs at the Binance gateway alone.
    `name` is what the log calls it, `rate_limit` its requests a second (default `RATE_LIMIT`).
    """

    key: str
    account: str
    scopes: frozenset[Scope]
    secret: str | None = None
    name: str | None = None
    rate_limit: int | None = None
    public_key: str | None = None


class _KeyFile(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file; anything else in it is refused, because it may be a misspelt key."""

    key: list[ApiKey]


def choose_api_keys(
    auth: str | None, file: Path | None, text: str | None, address: str
) -> list[ApiKey] | None:
    """Return the keys, or None if authentication is off; raise UnusableKeys.

    Without `auth` (`on` or `off`) and without keys it is off if nobody but this machine can reach
    `address`.
    """
    keys = read_api_keys(file, text)
    if auth == "off" and keys:
        logger.warning("AUTH=off: nobody is asked for the API keys")
    is_private = auth is None and is_loopback_address(address)
    if auth == "off" or (is_private and not keys):
        return None
    if not keys:
        raise UnusableKeys(
            f"{address} can be reached by others and there is no API key: set API_KEYS_FILE or"
            " API_KEYS, or AUTH=off to let everybody trade"
            if auth is None
            else "AUTH=on needs keys: set API_KEYS_FILE or API_KEYS"
        )
    return keys


def read_api_keys(file: Path | None, text: str | None) -> list[ApiKey]:
    """Return the keys of the TOML file and of the JSON array `text`; raise UnusableKeys.

    A source that is named must have a key, so that an empty one never switches authentication off.
    """
    keys = _read_file(file) if file else []
    if text is not None:
        more = _convert(lambda: msgspec.json.decode(text), list[ApiKey], "API_KEYS")
        keys += _require_some(more, "API_KEYS")
    for number, key in enumerate(keys, 1):
        _check(key, f"API key {number}")
    if len({key.key for key in keys}) < len(keys):
        raise UnusableKeys("an API key is there twice")
    return keys


def _read_file(file: Path) -> list[ApiKey]:
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKeys(f"cannot read API_KEYS_FILE: {error}") from None
    where = f"{file} (it has [[key]] tables and nothing else)"
    return _require_some(_convert(lambda: tomllib.loads(text), _KeyFile, where).key, where)


def _require_some(keys: list[ApiKey], where: str) -> list[ApiKey]:
    if not keys:
        raise UnusableKeys(f"{where}: there is no API key in it")
    return keys


def _convert(load: Callable[[], object], kind: type[Converted], where: str) -> Converted:
    try:
        return msgspec.convert(load(), kind)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise UnusableKeys(f"{where}: {error}") from None


def _check(key: ApiKey, name: str) -> None:
    for word, value in (("key", key.key), ("secret", key.secret)):
        if value is not None and not (len(value) >= MIN_LENGTH and _is_visible(value)):
            raise UnusableKeys(
                f"{name}: {word} must be at least {MIN_LENGTH} visible ASCII characters"
            )
    if not key.scopes:
        raise UnusableKeys(f"{name}: scopes must be some of {', '.join(Scope)}")
    if key.rate_limit is not None and key.rate_limit < 1:
        raise UnusableKeys(f"{name}: rate_limit must be at least 1 a second")
    try:
        check_account(key.account)
    except Refusal as refusal:
        raise UnusableKeys(f"{name}: {refusal.detail}") from None


def _is_visible(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)


def name_keys(keys: Sequence[ApiKey]) -> list[str]:
    """Return what the log calls each key, which is never the key itself."""
    return [key.name or f"key-{number}" for number, key in enumerate(keys, 1)]
