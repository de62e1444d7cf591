"""The tables.

Times are microseconds since 1970. Prices, quantities and notionals are decimal strings, exact and
in the instrument's own precision: SQLite has no decimal type.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

VERSION = 10
"""Version of the tables below; `versions.UPGRADES` leads to it from older ones."""

metadata = MetaData()
_WHOLE = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER can be SQLite's row id

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

archive_state = Table(
    "archive_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("exchange", Text, nullable=False),
    Column("sequence", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
    Column("state_hash", Text, nullable=False),
    Column("last_order", _WHOLE, nullable=False),
    Column("last_fill", _WHOLE, nullable=False),
)
"""One row: whose journal this is, the commit reached (sequence, stamp, hash), and the numbers given
last: to an order, and to a fill or a balance change. It changes in the transaction that writes the
other rows, so it is always right. The commit is the first shard's."""

archive_shards = Table(
    "archive_shards",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("exchange", Text, nullable=False),
    Column("sequence", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
    Column("state_hash", Text, nullable=False),
)
"""The same of the other shards, if there are any; all shards take their numbers from the first."""

journal_gaps = Table(
    "journal_gaps",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("after_sequence", _WHOLE, primary_key=True, autoincrement=False),
    Column("next_sequence", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
)
"""What had left a shard's journal before the archive read it: the sequences between the two."""

instruments = Table(
    "instruments",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("base_asset", Text, nullable=False),
    Column("quote_asset", Text, nullable=False),
    Column("tick_size", Text, nullable=False),
    Column("lot_size", Text, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("number", _WHOLE, primary_key=True, autoincrement=False),
    Column("order_id", _WHOLE, nullable=False),
    Column("client_order_id", Text),
    Column("account", Text, nullable=False),
    Column("symbol", Text),
    Column("side", Text),
    Column("order_type", Text),
    Column("price", Text),
    Column("stop_price", Text),
    Column("triggered", Boolean),
    Column("quantity", Text),
    Column("filled_quantity", Text, nullable=False),
    Column("remaining_quantity", Text, nullable=False),
    Column("filled_notional", Text, nullable=False),
    Column("average_price", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("sequence", _WHOLE, nullable=False),
    Column("opened_at", _WHOLE, nullable=False),
    Column("updated_at", _WHOLE, nullable=False),
    Column("is_uncertain", Boolean, nullable=False),
    Column("exchange_number", _WHOLE),
    Column("execution_number", _WHOLE),
    Column("time_in_force", Text),
    Column("expires_at", _WHOLE),
    Column("display_quantity", Text),
    Column("quote_quantity", Text),
    Column("prevented_quantity", Text),
    Column("self_trade_prevention", Text),
    Column("working_since", _WHOLE),
    Column("list_id", _WHOLE),
    Column("list_type", Text),
    Column("client_list_id", Text),
    Column("list_orders", Text),
    Column("list_state", Text),
    Column("reject_if_triggered", Boolean),
    Column("trailing_offset", Text),
    Column("trailing_offset_type", Text),
    Column("activation_price", Text),
    Column("trailing_since", _WHOLE),
    Column("cancel_id", Text),
    Column("strategy", Text),
)
"""The latest state of each order. `number` counts them in the journal's order. An order id whose
order was rejected, or closed long ago, may be used again: then it has several rows, of which at
most the last is open. `is_uncertain`: was open when a part of the journal was lost.
`exchange_number` is the exchange's own count, which leaves out the rejected orders, and
`execution_number` the latest report's; none before the level that brings them. Then comes what few
orders have, as their reports tell it. `working_since`: when it went to the book or traded; none
while it waits, and for orders from before version 5. `list_orders` are the ids of all orders of its
list, with commas between. `trailing_since`: when a trailing stop got its first stop price; none
while it has none, and for stops that had one before version 10. `cancel_id` is the account's own id
of the cancel that ended it, `strategy` what the command that brought it says of one."""

LASTING_ORDER_COLUMNS = (
    "number", "order_id", "client_order_id", "account", "symbol", "side", "order_type",
    "exchange_number", "list_id", "list_type", "client_list_id", "list_orders", "cancel_id",
    "strategy", "opened_at", "working_since", "trailing_since",
)  # fmt: skip
"""Those of `orders` that never change, or, as a name may, hardly ever."""
CHANGING_ORDER_COLUMNS = tuple(
    column.name for column in orders.columns if column.name not in LASTING_ORDER_COLUMNS
)
"""The others, in the table's order: what each report tells anew."""

IS_OPEN = text("status IN ('open', 'partially_filled')")
"""The condition of the partial indexes: a query must use exactly this text for one to serve it."""
IS_CLOSED = text("status NOT IN ('open', 'partially_filled')")

Index("orders_open", orders.c.order_id, unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
Index(
    "orders_open_by_account",
    orders.c.account,
    orders.c.number,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
Index(
    "orders_open_by_symbol",
    orders.c.account,
    orders.c.symbol,
    orders.c.number,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
Index("orders_by_id", orders.c.order_id, orders.c.number)
HAS_NUMBER = text("exchange_number IS NOT NULL")
Index(
    "orders_by_number",
    orders.c.exchange_number,
    unique=True,
    sqlite_where=HAS_NUMBER,
    postgresql_where=HAS_NUMBER,
)
IS_LISTED = text("list_id IS NOT NULL")
Index(
    "orders_by_list",
    orders.c.account,
    orders.c.list_id,
    sqlite_where=IS_LISTED,
    postgresql_where=IS_LISTED,
)
Index(
    "orders_by_list_name",
    orders.c.account,
    orders.c.client_list_id,
    orders.c.number,
    sqlite_where=IS_LISTED,
    postgresql_where=IS_LISTED,
)
Index("orders_by_client_id", orders.c.account, orders.c.client_order_id, orders.c.number)
HAS_CANCEL_ID = text("cancel_id IS NOT NULL")
Index(
    "orders_by_cancel_id",
    orders.c.account,
    orders.c.cancel_id,
    orders.c.number,
    sqlite_where=HAS_CANCEL_ID,
    postgresql_where=HAS_CANCEL_ID,
)
Index("orders_by_account", orders.c.account, orders.c.number)
Index("orders_by_symbol", orders.c.account, orders.c.symbol, orders.c.number)
Index("orders_by_status", orders.c.account, orders.c.status, orders.c.number)
Index(
    "orders_by_symbol_and_status",
    orders.c.account,
    orders.c.symbol,
    orders.c.status,
    orders.c.number,
)
Index("orders_by_time", orders.c.opened_at, orders.c.number)

fills = Table(
    "fills",
    metadata,
    Column("number", _WHOLE, primary_key=True, autoincrement=False),
    Column("order_number", _WHOLE, nullable=False),
    Column("order_id", _WHOLE, nullable=False),
    Column("client_order_id", Text),
    Column("account", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("trade_id", _WHOLE, nullable=False),
    Column("price", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("liquidity", Text, nullable=False),
    Column("sequence", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
    Column("commission", Text),
    Column("commission_asset", Text),
    Column("exchange_number", _WHOLE),
    Column("execution_number", _WHOLE),
)
"""Each order's share of each match: two a trade. `number` counts them, together with the balance
changes, in the journal's order. Without a ledger there is no commission. `exchange_number` is the
order's."""

Index("fills_by_order", fills.c.order_number, fills.c.number)
Index("fills_by_account", fills.c.account, fills.c.number)
Index("fills_by_symbol", fills.c.account, fills.c.symbol, fills.c.number)
Index("fills_by_time", fills.c.timestamp, fills.c.number)

amendments = Table(
    "amendments",
    metadata,
    Column("execution_number", _WHOLE, primary_key=True, autoincrement=False),
    Column("order_number", _WHOLE, nullable=False),
    Column("previous_client_order_id", Text, nullable=False),
    Column("client_order_id", Text, nullable=False),
    Column("previous_quantity", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
)
"""What amends changed of an order's name and quantity, each by its report."""

Index("amendments_by_time", amendments.c.timestamp, amendments.c.execution_number)
Index("amendments_by_order", amendments.c.order_number, amendments.c.execution_number)
prevented_matches = Table(
    "prevented_matches",
    metadata,
    Column("symbol", Text, nullable=False),
    Column("prevented_match_id", _WHOLE, nullable=False),
    Column("order_id", _WHOLE, nullable=False),
    Column("other_order_id", _WHOLE, nullable=False),
    Column("account", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("liquidity", Text, nullable=False),
    Column("price", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("sequence", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
    PrimaryKeyConstraint("symbol", "prevented_match_id", "liquidity"),
)
"""What self-trade prevention took from an order that met another of its account: a row for each of
the two that lost something. `prevented_match_id` counts the meetings of a symbol."""

Index(
    "prevented_matches_by_account",
    prevented_matches.c.account,
    prevented_matches.c.symbol,
    prevented_matches.c.prevented_match_id,
)
Index("prevented_matches_by_time", prevented_matches.c.timestamp)

trades = Table(
    "trades",
    metadata,
    Column("symbol", Text, nullable=False),
    Column("trade_id", _WHOLE, nullable=False),
    Column("price", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("aggressor_side", Text, nullable=False),
    Column("maker_order_id", _WHOLE, nullable=False),
    Column("taker_order_id", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
    PrimaryKeyConstraint("symbol", "trade_id"),
    sqlite_with_rowid=False,
)

Index("trades_by_time", trades.c.symbol, trades.c.timestamp, trades.c.trade_id)

candles = Table(
    "candles",
    metadata,
    Column("symbol", Text, nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("start", _WHOLE, nullable=False),
    Column("open", Text, nullable=False),
    Column("high", Text, nullable=False),
    Column("low", Text, nullable=False),
    Column("close", Text, nullable=False),
    Column("volume", Text, nullable=False),
    Column("quote_volume", Text, nullable=False),
    Column("trades", _WHOLE, nullable=False),
    Column("taker_buy_volume", Text),
    Column("taker_buy_quote_volume", Text),
    Column("first_trade_id", _WHOLE),
    Column("last_trade_id", _WHOLE),
    PrimaryKeyConstraint("symbol", "resolution", "start"),
    sqlite_with_rowid=False,
)
"""Base candles of intervals with trades, at each resolution of `candles.RESOLUTIONS` (seconds).
`quote_volume` is the sum of price * quantity, `taker_buy_…` the part that takers bought. The last
four are null in rows from before version 4, which did not have them."""

assets = Table(
    "assets",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("decimals", Integer, nullable=False),
)
"""The ledger's assets in its order, by the settings in force; none if there is no ledger."""

fee_rates = Table(
    "fee_rates",
    metadata,
    Column("account", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("taker", Text, nullable=False),
    PrimaryKeyConstraint("account", "symbol"),
)
"""The rates of an account for a symbol; without an account the instrument's own, without a symbol
the account's for every instrument that has none of its own here."""

balances = Table(
    "balances",
    metadata,
    Column("account", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("free", Text, nullable=False),
    Column("locked", Text, nullable=False),
    Column("sequence", _WHOLE, nullable=False),
    PrimaryKeyConstraint("account", "asset", "shard"),
)
"""What an account has of an asset on a shard; of an asset that it never had there is no row."""

balance_changes = Table(
    "balance_changes",
    metadata,
    Column("number", _WHOLE, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("id", Text),
    Column("sequence", _WHOLE, nullable=False),
    Column("timestamp", _WHOLE, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("other_shard", Integer),
    Column("transfer", _WHOLE),
)
"""What an account got or gave other than by trading; what it traded is in its fills. `number`
counts them together with the fills: the two are one list. Of a transfer `other_shard` is where it
went or came from, `transfer` its number among those."""

Index("balance_changes_by_account", balance_changes.c.account, balance_changes.c.number)
Index("balance_changes_by_time", balance_changes.c.timestamp, balance_changes.c.number)

transfers_on_way = Table(
    "transfers_on_way",
    metadata,
    Column("source", Integer, nullable=False),
    Column("target", Integer, nullable=False),
    Column("transfer", _WHOLE, nullable=False),
    Column("account", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Text, nullable=False),
    PrimaryKeyConstraint("source", "target", "transfer"),
)
"""What one shard has sent and another has not received, as far as both journals are here; where the
receiver's is ahead, the amount is negative."""

Index("transfers_on_way_by_account", transfers_on_way.c.account)

positions = Table(
    "positions",
    metadata,
    Column("account", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("cost", Text, nullable=False),
    Column("realized", Text, nullable=False),
    Column("base_commission", Text, nullable=False),
    Column("quote_commission", Text, nullable=False),
    Column("sequence", _WHOLE, nullable=False),
    PrimaryKeyConstraint("account", "symbol"),
)
"""What an account's fills of an instrument come to (`positions.Position`); quantity and cost of a
sold position are negative."""
