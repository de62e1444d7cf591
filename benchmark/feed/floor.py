"""The bare floor: `websockets.broadcast` of given texts, and nothing else.

`python -m benchmark.feed.floor DESCRIPTOR SOURCE` serves WebSockets on the inherited socket. If
SOURCE is a Redis URL, each line of what is published there for it is broadcast. Else SOURCE is a
file: for each line of the input all lines of the file are broadcast, one a turn of the event loop.
"""

import asyncio
import socket
import sys
from pathlib import Path

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmark.feed.commits import FLOOR_CHANNEL
from tests.support.redis_client import open_async_redis

Connections = set[ServerConnection]


async def main(descriptor: int, source: str) -> None:
    """Serve until the input, or Redis, ends."""
    connections: Connections = set()

    async def hold(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.send("{}")
        await connection.wait_closed()

    listener = socket.socket(fileno=descriptor)
    async with serve(
        hold, sock=listener, compression=None, write_limit=1 << 24, ping_interval=None
    ):
        await (_follow if "://" in source else _repeat)(connections, source)


async def _repeat(connections: Connections, path: str) -> None:
    texts = Path(path).read_text().splitlines()  # noqa: ASYNC240  # nobody is served yet
    while await asyncio.to_thread(sys.stdin.readline):
        for text in texts:
            broadcast(connections, text)
            await asyncio.sleep(0)


async def _follow(connections: Connections, url: str) -> None:
    async with open_async_redis(url) as redis, redis.pubsub() as pubsub:
        await pubsub.subscribe(FLOOR_CHANNEL)
        async for message in pubsub.listen():
            if message["type"] == "message":
                for text in message["data"].decode().split("\n"):
                    broadcast(connections, text)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
