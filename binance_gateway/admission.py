"""Who may call: the checks of a request before its parameters are read, in their order."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from binance_gateway.calls.call import Security
from binance_gateway.signing.keys import FindSigner, Signer
from binance_gateway.signing.window import Clocks, Window, read_window
from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError
from edge.wrong_keys import WrongKeys

_NOBODY = Signer("", "", frozenset(), None)
_WRONG = {
    fault.code for fault in (errors.BAD_KEY_FORMAT, errors.REJECTED_KEY, errors.WRONG_SIGNATURE)
}
_ANY_TIME = Window(0, 0, ())


class Admitted(NamedTuple):
    """Who calls, and how long the request counts."""

    signer: Signer
    window: Window


class Admission:
    """Checks key, time, signature and scope; `find` knows the keys, `clocks` the time."""

    def __init__(self, find: FindSigner, clocks: Clocks, wrong_keys: WrongKeys) -> None:
        self._find = find
        self.clocks = clocks
        self._wrong_keys = wrong_keys

    async def delay(self, error: BinanceError, address: str) -> None:
        """Let whoever guesses keys or signatures wait longer for each answer."""
        if error.code in _WRONG:
            await asyncio.sleep(self._wrong_keys.count(address))

    def identify(self, key: str | None) -> Signer:
        """Return the signer of a key; raise BinanceError."""
        if not key:
            raise errors.BAD_KEY_FORMAT()
        return self._find(key)

    def admit(
        self,
        security: Security,
        key: str | None,
        parameters: Mapping[str, str],
        payloads: Iterable[bytes],
    ) -> Admitted:
        """Return who calls; raise BinanceError if they may not.

        The signature, in `parameters`, is right if it is one of any of the `payloads`.
        """
        if security.scope is None:
            return Admitted(_NOBODY, _ANY_TIME)
        signer = self.identify(key)
        window = _ANY_TIME
        if security.is_signed:
            window = self.check_signature(signer, parameters, payloads)
        check_scope(signer, security)
        return Admitted(signer, window)

    def check_signature(
        self, signer: Signer, parameters: Mapping[str, str], payloads: Iterable[bytes]
    ) -> Window:
        """Return how long a signed request counts; raise BinanceError."""
        signature = parameters.get("signature")
        window = read_window(parameters, self.clocks)
        if not signature:
            raise errors.MISSING_PARAMETER("signature")
        window.check()
        verify = signer.verify
        if verify is None:
            raise errors.REJECTED_KEY()
        for payload in payloads:
            if verify(payload, signature):
                return window
        raise errors.WRONG_SIGNATURE()


def check_scope(signer: Signer, security: Security) -> None:
    """Raise BinanceError if the key is not for calls of this kind."""
    if security.scope not in signer.scopes:
        raise errors.REJECTED_KEY()
