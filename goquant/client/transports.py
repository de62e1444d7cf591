"""The two ways to carry out requests: while others run (asyncio), and blocking.

A client's methods are the functions that make its requests: `awaited` and `blocking` make methods
of them, with the same parameters and the same description.
"""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, Self, TypeAlias, TypeVar

import httpx

from goquant.client.caller import Caller, Conversation
from goquant.client.requests import Request
from protocol.hosts import is_loopback

Answer = TypeVar("Answer")
Item = TypeVar("Item")
P = ParamSpec("P")
Pages: TypeAlias = Generator[Request[Answer], Answer, None]
"""Asks for page after page: gives a request, and takes its answer."""


class AsyncClient:
    """Use as an asynchronous context."""

    def __init__(
        self, caller: Caller, timeout: float, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._caller = caller
        self._http = httpx.AsyncClient(
            base_url=caller.url,
            timeout=timeout,
            transport=transport,
            trust_env=not is_loopback(caller.url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, request: Request[Answer]) -> Answer:
        """Carry out `request`, and return its answer."""
        conversation = Conversation(self._caller, request)
        while True:
            try:
                response = await self._send(conversation.build_next(self._http))
            except httpx.TransportError as error:
                conversation.fail(error)
            else:
                if conversation.finish(response):
                    return conversation.answer
            await asyncio.sleep(conversation.pause)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        return await self._http.send(request)


class SyncClient:
    """Use as a context."""

    def __init__(
        self, caller: Caller, timeout: float, transport: httpx.BaseTransport | None
    ) -> None:
        self._caller = caller
        self._http = httpx.Client(
            base_url=caller.url,
            timeout=timeout,
            transport=transport,
            trust_env=not is_loopback(caller.url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, request: Request[Answer]) -> Answer:
        """Carry out `request`, and return its answer."""
        conversation = Conversation(self._caller, request)
        while True:
            try:
                response = self._http.send(conversation.build_next(self._http))
            except httpx.TransportError as error:
                conversation.fail(error)
            else:
                if conversation.finish(response):
                    return conversation.answer
            time.sleep(conversation.pause)


def awaited(
    make: Callable[P, Request[Answer]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, Answer]]:
    """Make a method that carries out what `make` asks for."""

    async def ask(client: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        return await client.ask(make(*args, **kwargs))

    return _describe(ask, make)


def blocking(
    make: Callable[P, Request[Answer]],
) -> Callable[Concatenate[SyncClient, P], Answer]:
    """Make a method that carries out what `make` asks for."""

    def ask(client: SyncClient, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        return client.ask(make(*args, **kwargs))

    return _describe(ask, make)


def awaited_pages(
    make: Callable[P, Pages[Answer]], split: Callable[[Answer], Iterable[Item]]
) -> Callable[Concatenate[AsyncClient, P], AsyncGenerator[Item]]:
    """Make a method that gives the items of page after page."""

    async def ask(
        client: AsyncClient, /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[Item]:
        pages = make(*args, **kwargs)
        request = next(pages, None)
        while request:
            page = await client.ask(request)
            for item in split(page):
                yield item
            request = _send(pages, page)

    return _describe(ask, make)


def blocking_pages(
    make: Callable[P, Pages[Answer]], split: Callable[[Answer], Iterable[Item]]
) -> Callable[Concatenate[SyncClient, P], Generator[Item]]:
    """Make a method that gives the items of page after page."""

    def ask(client: SyncClient, /, *args: P.args, **kwargs: P.kwargs) -> Generator[Item]:
        pages = make(*args, **kwargs)
        request = next(pages, None)
        while request:
            page = client.ask(request)
            yield from split(page)
            request = _send(pages, page)

    return _describe(ask, make)


def _send(pages: Pages[Answer], page: Answer) -> Request[Answer] | None:
    try:
        return pages.send(page)
    except StopIteration:
        return None


Method = TypeVar("Method", bound=Callable[..., Any])


def _describe(method: Method, make: Callable[..., Any]) -> Method:
    """Describe the method as `make` is, with one parameter more, which is the client."""
    update_wrapper(method, make)
    shown = inspect.signature(make)
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__signature__ = shown.replace(  # type: ignore[attr-defined]
        parameters=[first, *shown.parameters.values()], return_annotation=shown.empty
    )
    return method
