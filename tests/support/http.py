"""Requests with a deadline that a stalled machine does not reach; httpx's own is 5 s."""

from functools import partial

import httpx

from tests.support.waiting import DEADLINE_SECONDS

get = partial(httpx.get, timeout=DEADLINE_SECONDS)
post = partial(httpx.post, timeout=DEADLINE_SECONDS)
delete = partial(httpx.delete, timeout=DEADLINE_SECONDS)
Client = partial(httpx.Client, timeout=DEADLINE_SECONDS)
AsyncClient = partial(httpx.AsyncClient, timeout=DEADLINE_SECONDS)
