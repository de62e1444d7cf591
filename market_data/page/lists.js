/* Orders that hang on one another, from the fields of one ticket. */

const opposite = side => (side === "buy" ? "sell" : "buy");

/* What a buy brings is less than its quantity, by the commission: its exits sell just that, and name no quantity. */
const LIST_TYPES = { oto: { buy: "opo", sell: "oto" }, otoco: { buy: "opoco", sell: "otoco" } };

/** The body of an order list. @param {any} draft what the ticket says: an order whose type is a list's */
export function makeList({ order_type: kind, symbol, side, quantity, price, profit_price, client_order_id: name, self_trade_prevention, ...draft }) {
  const terms = { self_trade_prevention }, loss = { order_type: "stop_loss", ...pickStop(draft) };
  if (kind === "oco") return { list_type: kind, symbol, client_list_id: name, orders: [{ order_type: "post_only", price }, loss].map(exit => ({ side, quantity, ...exit, ...terms })) };
  const exits = kind === "oto" ? [loss] : [{ order_type: "take_profit", stop_price: profit_price }, loss];
  const pending = exits.map(exit => ({ side: opposite(side), ...(side === "sell" && { quantity }), ...exit, ...terms }));
  return { list_type: LIST_TYPES[kind][side], symbol, client_list_id: name, orders: [{ side, order_type: "limit", quantity, price, ...terms }, ...pending] };
}

/* A stop has a price, or follows the market. */
function pickStop({ stop_price, trailing_offset, trailing_offset_type, activation_price }) {
  return trailing_offset === undefined ? { stop_price } : { trailing_offset, trailing_offset_type, ...(activation_price && { activation_price }) };
}

/** The ticket's field of a field of its list, such as `orders[1].stop_price`. @param {string} kind @param {string | undefined} field */
export function fieldInList(kind, field) {
  const [, place, name] = /^orders\[(\d)\]\.(\w+)$/.exec(field ?? "") ?? [];
  return kind === "otoco" && place === "1" ? "profit_price" : name ?? field;
}
