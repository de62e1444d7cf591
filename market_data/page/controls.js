/* Controls. */

import { askWhatToCancel } from "./changes.js";
import { candleChart } from "./candle_chart.js";
import { openChartMenu } from "./chart_orders.js";
import { group } from "./decimals.js";
import { startDemo, stopDemo } from "./demo.js";
import { touchDraft } from "./drafts.js";
import { element, elements, isServed, setText, show, store } from "./dom.js";
import { connect, connectNow, disconnect, feed } from "./feed.js";
import { draw, pace } from "./frames.js";
import { canSign, gateway, importSecret, openGateway, readHalts, showGateway } from "./gateway.js";
import { chooseStep, pointAtLadder } from "./ladder.js";
import { market, markets } from "./markets.js";
import { forgetMoney } from "./money.js";
import { drawSight, filterOrders, pointAtOrders, sortOrders } from "./open_orders.js";
import { loadOlder, saveCsv } from "./order_tables.js";
import { forgetOrders, hasHistory, loadOrders, noteOrders } from "./orders.js";
import { privateFeed } from "./private_feed.js";
import { raw, refilterRaw } from "./raw.js";
import { takeShare } from "./preview.js";
import { sendTicket } from "./sending.js";
import { chooseUnit } from "./sizes.js";
import { updateState } from "./state.js";
import { chooseForce } from "./terms.js";
import { theme } from "./theme.js";
import { changeTerms, choose, inputs, setSide, setStopKind, setType } from "./ticket.js";

element("ticket").onsubmit = event => { event.preventDefault(); sendTicket(); };
for (const button of elements(".sides button")) button.onclick = () => setSide(button.dataset.side);
element("order-type").onchange = event => setType(event.target.value);
element("self-trade").onchange = event => { store.write("self-trade", event.target.value); touchDraft(); };
element("time-in-force").onchange = event => { chooseForce(event.target.value); changeTerms(); };
element("expires-at").onchange = element("reject-if-triggered").onchange = changeTerms;
element("stop-kind").onchange = event => setStopKind(event.target.value);
element("quantity-unit").onchange = event => { chooseUnit(event.target.value); choose(inputs.quantity); };
element("share").oninput = event => takeShare(Number(event.target.value));
for (const button of elements("#shares button")) button.onclick = () => takeShare(Number(button.value));
element("demo-start").onclick = startDemo;
element("demo-stop").onclick = stopDemo;
element("cancel-all").onclick = askWhatToCancel;
element("order-filter").onchange = event => filterOrders(event.target.value);
for (const button of elements("#panel-open th button")) button.onclick = () => sortOrders(button.dataset.sort);
element("book-step").onchange = event => chooseStep(Number(event.target.value));
element("ladder").onpointerover = event => { if (event.pointerType === "mouse") pointAtLadder(event.target.closest(".level")); };
element("ladder").onpointerleave = () => pointAtLadder(null);
element("ladder").addEventListener("focusin", () => pointAtLadder(null));
element("ladder").addEventListener("focusout", () => draw());
element("panel-open").onscroll = drawSight;
element("open-orders").onpointerenter = event => { if (event.pointerType === "mouse") pointAtOrders(true); };
element("open-orders").onpointerleave = () => pointAtOrders(false);
element("open-orders").onfocusout = () => { noteOrders(); draw(); };
for (const [id, kind] of [["history-older", "orders"], ["fills-older", "fills"]]) element(id).onclick = () => loadOlder(kind);
element("save-csv").onclick = () => saveCsv(element("panel-fills").hidden ? "orders" : "fills");
element("theme").onclick = () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  store.write("theme", name);
  theme.set(name);
};
element("help-open").onclick = () => element("help").showModal();
element("raw").onclick = event => event.target.closest("li")?.classList.toggle("is-open");
element("raw-filter").oninput = event => { raw.filter = event.target.value.trim().toLowerCase(); refilterRaw(); };
element("raw-pause").onclick = event => {
  raw.isPaused = !raw.isPaused;
  event.target.setAttribute("aria-pressed", String(raw.isPaused));
  setText(event.target, raw.isPaused ? "Resume" : "Pause");
  if (!raw.isPaused) refilterRaw();
};
for (const button of elements("#studies button[value]")) button.onclick = () => { candleChart.toggleStudy(button.value); showStudies(); };
element("clock-utc").onclick = () => { candleChart.setClock(!candleChart.isUtc); showStudies(); };
element("candles").oncontextmenu = openChartMenu;

export function showStudies() {
  for (const button of elements("#studies button[value]")) button.setAttribute("aria-pressed", String(candleChart.studies.has(button.value)));
  element("clock-utc").setAttribute("aria-pressed", String(candleChart.isUtc));
}

export function openConnection() {
  Object.assign(element("feed-url"), { value: feed.url });
  Object.assign(element("gateway-url"), { value: gateway.url });
  Object.assign(element("account"), { value: gateway.account });
  Object.assign(element("api-key"), { value: gateway.key });
  const secret = element("api-secret");
  Object.assign(secret, { value: "", disabled: !canSign, placeholder: gateway.secret ? "unchanged" : "" });
  if (!canSign) show("key-note", `A secret cannot be used here: browsers sign only on pages from https:// or from localhost, and this one is from ${location.host}.`);
  for (const id of ["gateway-label", "account-label", "key-labels"]) element(id).hidden = !isServed;
  element("connection").showModal();
}
element("status").onclick = openConnection;
element("connection-close").onclick = () => element("connection").close();
element("toggle").onclick = () => { if (feed.isWanted) disconnect(); else connectNow(); };
element("banner-connect").onclick = () => connectNow();
element("connection-form").onsubmit = async event => {
  event.preventDefault();
  element("connection").close();
  useFeed(element("feed-url").value.trim());
  const [url, account, key, secret] = ["gateway-url", "account", "api-key", "api-secret"].map(id => element(id).value.trim());
  const isSame = url === gateway.url && account === gateway.account && key === gateway.key && !secret;
  if (!isServed || isSame) return;
  const guard = secret ? await importSecret(secret) : key === gateway.key ? gateway.secret : null;
  Object.assign(gateway, { url, account: account || "default", key, secret: guard });
  store.write("account", gateway.account);
  forgetOrders();
  forgetMoney();
  openGateway();
};

function useFeed(url) {
  if (url === feed.url && feed.isWanted) return;
  if (url !== feed.url) { markets.clear(); Object.assign(feed, { liveUntil: null, exchangeId: null, sequence: null }); }
  disconnect();
  feed.url = url;
  if (!isServed) store.write("feed", url);
  feed.failures = 0;
  connect();
  if (!isServed) showGateway("disk");
}

addEventListener("online", () => { if (feed.isWanted && !feed.socket) connect(); });

let receivedBefore = 0, tradesBefore = 0;
setInterval(() => {
  setText(element("message-rate").lastElementChild, `${feed.received - receivedBefore} /s`);
  const { ticker } = market(), rate = pace.trades > tradesBefore ? ` · ${pace.trades - tradesBefore} /s` : "";
  show("tape-rate", ticker?.trades ? `${group(ticker.trades)} in 24 h${rate}` : "");
  receivedBefore = feed.received;
  drawSight();  // ages go on
  tradesBefore = pace.trades;
}, 1000);
setInterval(updateState, 500);
setInterval(() => { if (hasHistory && !privateFeed.isLive && !document.hidden) loadOrders(); }, 4000);
setInterval(readHalts, 10000);
