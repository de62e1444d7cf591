"""Whether the database answers, for those who ask how a service is."""

import asyncio
from time import monotonic

from archive.queries import Archive, ArchiveUnavailable

SECONDS_TO_ANSWER = 1.0
SECONDS_KNOWN = 1.0
"""How long an answer counts: anybody may ask."""
_NONE = "history is not served: there is no archive"
_SILENT = "history is not served: the archive's database does not answer, or is not there yet"


class Presence:
    """Asks the database in a thread, one question at a time, whoever wants to know."""

    def __init__(self, archive: Archive | None) -> None:
        self._archive = archive
        self._asking: asyncio.Task[bool] | None = None
        self._answer: str | None = None
        self._known_until = 0.0

    async def find_trouble(self) -> str | None:
        """Return why lists, closed orders and older trades are not served; None if they are."""
        if self._archive is None:
            return _NONE
        if monotonic() >= self._known_until:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask(self._archive))
            asking = self._asking
            await asyncio.wait([asking], timeout=SECONDS_TO_ANSWER)
            is_there = asking.done() and asking.result()
            self._answer = None if is_there else _SILENT
            self._known_until = monotonic() + SECONDS_KNOWN
        return self._answer

    async def _ask(self, archive: Archive) -> bool:
        try:
            await asyncio.to_thread(archive.last_sequence)
        except ArchiveUnavailable:
            return False
        return True
