"""The bare floor: `websockets.broadcast` of given bytes, and nothing else.

`python -m benchmark._feed_floor DESCRIPTOR TEXTS`: serves WebSockets on the inherited socket; for
each line of the input it broadcasts the file's lines, one a turn of the event loop.
"""

import asyncio
import socket
import sys
from pathlib import Path

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(descriptor: int, texts: list[str]) -> None:
    """Until the input ends."""
    connections: set[ServerConnection] = set()

    async def hold(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.send("{}")
        await connection.wait_closed()

    listener = socket.socket(fileno=descriptor)
    async with serve(
        hold, sock=listener, compression=None, write_limit=1 << 24, ping_interval=None
    ):
        while await asyncio.to_thread(sys.stdin.readline):
            for text in texts:
                broadcast(connections, text)
                await asyncio.sleep(0)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2]).read_text().splitlines()))
