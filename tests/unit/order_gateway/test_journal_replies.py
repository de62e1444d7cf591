"""Replies to commands about order lists, rebuilt from the journal for who repeats them."""

from typing import Any

import msgspec
import pytest

from order_gateway.queueing.journal_replies import rebuild_reply
from protocol import channels
from protocol.events import Reply, ReplyMessage
from tests.support.exchange import Exchange, Json

ALICE: Json = {"account": "alice"}
SELL: Json = {"side": "sell", "quantity": "1"}
PROFIT: Json = SELL | {"order_type": "post_only", "price": "110", "client_order_id": "profit"}
LOSS: Json = SELL | {"order_type": "stop_loss", "stop_price": "90", "client_order_id": "loss"}
ENTRY: Json = {"side": "buy", "order_type": "limit", "quantity": "1", "price": "100"}
ENTRY |= {"client_order_id": "entry"}
LIST: Json = {"command": "new_list", "symbol": "BTC-USDT", "client_list_id": "mine"} | ALICE
OCO: Json = LIST | {"list_type": "oco", "orders": [PROFIT, LOSS]}
OTOCO: Json = LIST | {"list_type": "otoco", "orders": [ENTRY, PROFIT, LOSS]}
OTHERS: Json = {"command": "new_list", "symbol": "BTC-USDT", "client_list_id": "mine"}
OTHERS |= {"account": "bob", "list_type": "oco", "orders": [PROFIT, LOSS]}


def ask(exchange: Exchange, entry: Json, *others: Json) -> tuple[Reply, Reply]:
    """Send an entry among others; return its reply, and what the journal has of that."""
    asked = entry | {"reply_to": "worker", "request_id": "asked"}
    batch = exchange.send(*others, asked)
    message = batch.to_replies()[channels.reply_channel("worker")]
    [reply] = msgspec.json.decode(message, type=ReplyMessage).replies
    rebuilt = rebuild_reply(batch.to_journal_entry(), "asked")
    assert rebuilt is not None
    assert rebuild_reply(batch.to_journal_entry(), "another") is None
    return reply, rebuilt


def tell(reply: Reply) -> dict[str, Any]:
    """What a list is answered from: of a refusal the journal has no more than reason and detail."""
    told: dict[str, Any] = msgspec.to_builtins(reply)
    for order in told["orders"]:
        order.pop("last_trade", None)  # told among the fills
    other = ("duplicate", "field", "nearest", "step", "canceled")
    return {name: told[name] for name in told if name not in other}


@pytest.mark.parametrize("entry", [OCO, OTOCO])
def test_new_list_has_all_its_orders_and_the_fills_of_the_first(entry: Json) -> None:
    exchange = Exchange()
    exchange.order("sell", "0.4", "100", account="carol")
    reply, rebuilt = ask(exchange, entry, OTHERS)
    assert len(reply.orders) == len(entry["orders"])
    assert tell(rebuilt) == tell(reply)


def test_list_whose_first_order_is_filled_at_once() -> None:
    exchange = Exchange()
    exchange.order("sell", "1", "100", account="carol")
    reply, rebuilt = ask(exchange, OTOCO)
    assert [fill.quantity for fill in reply.fills] == ["1.00000"]
    assert tell(rebuilt) == tell(reply)


@pytest.mark.parametrize("is_named", [True, False])
def test_cancel_of_a_list_by_name_or_id(*, is_named: bool) -> None:
    exchange = Exchange()
    placed, _ = ask(exchange, OTOCO)
    exchange.send(OTHERS)
    which = {"client_list_id": "mine"} if is_named else {"list_id": placed.list_id}
    reply, rebuilt = ask(exchange, {"command": "cancel_list", **ALICE, **which})
    assert [order.status for order in reply.orders] == ["canceled"] * 3
    assert tell(rebuilt) == tell(reply)


def test_refused_list_and_refused_cancel() -> None:
    exchange = Exchange()
    bad = OCO | {"orders": [PROFIT, LOSS | {"quantity": "2"}]}
    for entry in (bad, {"command": "cancel_list", "client_list_id": "mine", **ALICE}):
        reply, rebuilt = ask(exchange, entry)
        assert reply.reason is not None
        assert reply.orders == []
        assert tell(rebuilt) == tell(reply)
