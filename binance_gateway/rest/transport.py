"""The calls over HTTP.

A request passes the site's rules, is read whole, is counted, its caller is admitted, its parameters
are read, and its handler is asked: in this order, which decides what it is told if more than one
thing is wrong.
"""

import logging
import time
from collections.abc import Mapping
from math import ceil
from typing import Any

from starlette.types import Receive, Scope, Send

from binance_gateway.admission import Admission
from binance_gateway.calls import registry
from binance_gateway.calls.call import Call, Route, Security
from binance_gateway.metrics import Metrics
from binance_gateway.rest.forms import Form, read_form
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.times import read_unit
from edge.bodies import BodyTooLarge, ClientGone, Headers, receive_body, send_answer
from edge.site_rules import SiteRules
from edge.unread_body import may_have_body
from protocol.codec import encode
from protocol.enums import Reason
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem
from protocol.refusal import Refusal
from protocol.timestamps import now_in_microseconds

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
_JSON = (b"content-type", b"application/json;charset=UTF-8")
_WEIGHTS = (b"x-mbx-used-weight", b"x-mbx-used-weight-1m")
_ORDERS = (b"x-mbx-order-count-10s", b"x-mbx-order-count-1d")


class Rest:
    """Serves HTTP requests to the paths of the calls."""

    def __init__(
        self, rules: SiteRules, admission: Admission, services: Services, metrics: Metrics
    ) -> None:
        self._rules = rules
        self._admission = admission
        self._services = services
        self._metrics = metrics

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        fields = dict(scope["headers"])
        try:
            site = self._rules.check(scope["method"], fields)
        except Refusal as refusal:
            await _refuse_site(send, refusal)
            return
        route = registry.BY_PATH.get((scope["method"], scope["path"]))
        try:
            body = await receive_body(receive, MAX_BODY_BYTES) if may_have_body(fields) else b""
        except ClientGone:
            return
        except BodyTooLarge:
            body = b""
            route = None
        status, content, headers = await self._answer(route, scope, fields, body)
        is_trade = route is not None and route.security is Security.TRADE
        self._metrics.answers.count(status, time.perf_counter() - started, is_trade=is_trade)
        await send_answer(send, status, encode(content), [_JSON, *site, *headers])

    async def _answer(
        self, route: Route | None, scope: Scope, fields: Mapping[bytes, bytes], body: bytes
    ) -> tuple[int, object, Headers]:
        """Return status, content and headers of the answer."""
        headers: Headers = []
        try:
            return 200, await self._call(route, scope, fields, body, headers), headers
        except BinanceError as error:
            if error.retry_at is not None:
                wait = ceil(error.retry_at / 1000 - time.time())
                headers.append((b"retry-after", b"%d" % max(1, wait)))
            self._metrics.count_error(error.code)
            await self._admission.delay(error, _find_address(scope))
            return error.status, error.describe(), headers
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            self._metrics.count_error(errors.UNKNOWN.code)
            return errors.UNKNOWN.status, errors.UNKNOWN().describe(), headers

    async def _call(
        self,
        route: Route | None,
        scope: Scope,
        fields: Mapping[bytes, bytes],
        body: bytes,
        headers: Headers,
    ) -> object:
        now = now_in_microseconds()
        address = _find_address(scope)
        limits = self._services.limits
        if route is None:
            headers += self._list_weights(address, now)
            raise _find_fault(scope)
        form, fault = _read_form(scope["query_string"], body)
        weight = route.weigh(form.parameters)
        call: Call | None = None
        try:
            limits.admit(address, weight, now)
            if fault is not None:
                raise fault
            call = self._read(route, fields, form, address, now)
            answer = await route.handler(self._services, call)
            if route.is_free_if_done or call.is_free:
                limits.forgive(address, weight, now)
            return answer
        finally:
            headers += self._list_weights(address, now)
            if call is not None and call.orders is not None:
                headers += [
                    (name, b"%d" % number)
                    for name, number in zip(_ORDERS, call.orders, strict=True)
                ]

    def _list_weights(self, address: str, now: int) -> Headers:
        used = b"%d" % self._services.limits.weight.read(address, now)
        return [(name, used) for name in _WEIGHTS]

    def _read(
        self, route: Route, fields: Mapping[bytes, bytes], form: Form, address: str, now: int
    ) -> Call:
        unit = read_unit(_decode(fields.get(b"x-mbx-time-unit")))
        if b"x-mbx-sbe" in fields:
            raise errors.NO_BINARY_FORM()
        security = route.security
        admitted = self._admission.admit(
            security, _decode(fields.get(b"x-mbx-apikey")), form.parameters, (form.payload,)
        )
        reader = route.parameters
        values: dict[str, Any] = {} if reader is None else reader.read(form.parameters)
        signer, window = admitted
        return Call(
            values,
            now,
            signer.account,
            signer.key,
            address,
            unit,
            window.check_age,
        )


def _read_form(query: bytes, body: bytes) -> tuple[Form, BinanceError | None]:
    """Return the form, and what is wrong with it: it counts as a request all the same."""
    try:
        return read_form(query, body), None
    except BinanceError as error:
        return Form({}, b""), error


def _find_address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _find_fault(scope: Scope) -> BinanceError:
    if scope["path"] in registry.PATHS:
        return errors.NO_SUCH_METHOD()
    return errors.NO_SUCH_PATH()


def _decode(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


async def _refuse_site(send: Send, refusal: Refusal) -> None:
    problem = describe_problem(refusal.code, refusal.detail, refusal.field)
    assert refusal.code in {Reason.HOST_NOT_ALLOWED, Reason.ORIGIN_NOT_ALLOWED}
    headers = [(b"content-type", PROBLEM_MEDIA_TYPE.encode())]
    await send_answer(send, problem["status"], encode(problem), headers)
