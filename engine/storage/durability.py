"""Whether what Redis confirms is as safe on its disk as it was when the exchange started."""

import logging
import time
from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

from engine.storage.writes import write_anyway
from protocol.channels import STATE_DURABILITY
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0
_POLICIES = ("off", "no", "everysec", "always")
"""What `appendfsync` says, or that there is no append-only file; the weakest first."""


class DurabilityWatch:
    """Writes the field `durability` of the state: why an accepted order may be lost.

    It is empty as long as Redis keeps to the policy `least`, or to a stronger one. If `least` is
    None, it is what Redis keeps to when that is learned, or at the first look.
    """

    def __init__(self, client: Redis, least: str | None, names: ShardNames = FIRST) -> None:
        self._state = names.state
        self._client: Any = cast("Any", client)
        self._least = least
        self._said: str | None = None
        self._due = 0.0

    def learn(self) -> None:
        """Take what Redis keeps to now for the least, if nobody has said what that is."""
        if self._least is None:
            self._least = self._read_policy()

    def begin(self) -> None:
        """Forget what was written: another engine may have changed it."""
        self._said = None
        self._due = 0.0

    def look_when_due(self) -> None:
        """Look at Redis's configuration once a second, and write and log what has changed."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + SECONDS_BETWEEN_LOOKS
        text = self._explain_loss(self._read_policy())
        if text == self._said:
            return
        if text:
            logger.warning("%s", text)
        elif self._said:
            logger.info("Redis is as durable again as it was")
        write_anyway(self._client, "HSET", self._state, STATE_DURABILITY, text)
        self._said = text

    def _read_policy(self) -> str | None:
        """Return what Redis keeps to now; None if it does not tell, as managed servers do not."""
        try:
            if not self._client.info("persistence")["aof_enabled"]:
                return "off"
            policy = self._client.config_get("appendfsync").get("appendfsync")
        except ResponseError:
            return None
        return policy if policy in _POLICIES else None

    def _explain_loss(self, policy: str | None) -> str:
        self._least = self._least or policy
        if policy is None or self._least is None:
            return ""
        if _POLICIES.index(policy) >= _POLICIES.index(self._least):
            return ""
        found = "appendonly is off" if policy == "off" else f"appendfsync is {policy}"
        return (
            f"Redis was to keep to appendfsync {self._least}, and its {found}: what is accepted now"
            " may be lost if it dies"
        )
