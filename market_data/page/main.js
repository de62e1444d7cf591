/* Start. */

import { charts } from "./charts.js";
import { showStudies } from "./controls.js";
import { element, isServed, store } from "./dom.js";
import { connect, feed } from "./feed.js";
import { gateway, openGateway, showGateway } from "./gateway.js";
import "./keys.js";
import { showIntervals } from "./navigation.js";
import "./palette.js";
import "./phone.js";
import "./splitter.js";
import "./waterfall.js";
import { theme } from "./theme.js";
import { makeOptions, showTicket } from "./ticket.js";
import { ORDER_TYPES, SELF_TRADE } from "./words.js";

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
prefersDark.onchange = () => { if (!store.read("theme")) theme.set(prefersDark.matches ? "dark" : "light"); };
document.documentElement.dataset.palette = store.read("palette") ?? "green";
theme.set(store.read("theme") ?? (prefersDark.matches ? "dark" : "light"));
makeOptions(element("order-type"), Object.entries(ORDER_TYPES).map(([value, { label }]) => [value, label]));
makeOptions(element("self-trade"), Object.entries(SELF_TRADE));
element("self-trade").value = store.read("self-trade") ?? "cancel_taker";
gateway.account = store.read("account") ?? "default";
feed.url = isServed ? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/market-data` : store.read("feed") ?? "ws://localhost:8001/ws/market-data";
new ResizeObserver(charts.drawSoon).observe(element("candles").parentElement);
showStudies();
showIntervals();
showTicket();
showGateway(isServed ? "unreachable" : "disk");
openGateway();
connect();
