"""The floor of `benchmark.gateway`: a bare FastAPI endpoint with the gateway's body model.

`python -m benchmark.gateway.bare --fd N` runs it under the same server with the same options. It
answers what the gateway answers, and queues nothing.
"""

import socket
import sys
import uuid

from fastapi import FastAPI
from pydantic import ConfigDict

from order_gateway.__main__ import create_server
from order_gateway.document.answer_schemas import OrderAccepted
from order_gateway.reading.request_schemas import OrderRequest
from protocol.enums import Status
from protocol.timestamps import format_timestamp, now_in_microseconds

app = FastAPI()


class Order(OrderRequest):
    """The gateway's body model; FastAPI parses the JSON itself, so words become enums here."""

    model_config = ConfigDict(strict=False)


@app.post("/v1/orders", status_code=201)
async def submit_order(order: Order) -> OrderAccepted:
    """Accept every order."""
    return OrderAccepted(
        order_id="1",
        client_order_id=order.client_order_id or uuid.uuid4().hex,
        status=Status.ACCEPTED,
        timestamp=format_timestamp(now_in_microseconds()),
    )


@app.get("/health")
async def read_health() -> dict[str, str]:
    """Answer that it is up."""
    return {"status": "ok"}


if __name__ == "__main__":
    create_server(app).run(sockets=[socket.socket(fileno=int(sys.argv[2]))])
