/* The last ten minutes of the symbol shown, from the feed's own messages: book and tape at any moment of them. */

import { Book } from "./book.js";
import { CHECKPOINT_MILLISECONDS, REPLAY_MESSAGES, REPLAY_MILLISECONDS, TRADES_KEPT } from "./bounds.js";
import { clock } from "./decimals.js";
import { element, setText } from "./dom.js";
import { draw } from "./frames.js";
import { marketOf, symbol, view } from "./markets.js";
import { toast } from "./questions.js";
import { updateState } from "./state.js";

/** `points`: books at moments, the first one before all `entries`, which are the changes since, as the text that came:
 *  a third of what they take when read.
 *  @type {{ symbol: string, points: { at: number, index: number, book: Book }[], entries: { at: number, text: string }[], isOn: boolean, at: number, timer: any, speed: number, drawn: any }} */
export const replay = { symbol: "", points: [], entries: [], isOn: false, at: 0, timer: 0, speed: 0, drawn: null };

/** Remember what the feed said of a book, once that has taken it. */
export function remember({ symbol: name, type }, text, now = Date.now()) {
  if (name !== symbol) return;
  const { book } = marketOf(name);
  if (name !== replay.symbol || type === "book_snapshot" || !replay.points.length) {
    if (replay.isOn) endReplay();
    Object.assign(replay, { symbol: name, points: [{ at: now, index: 0, book: copyBook(book) }], entries: [], drawn: null });
    return;
  }
  replay.entries.push({ at: now, text });
  if (now - replay.points[replay.points.length - 1].at > CHECKPOINT_MILLISECONDS) replay.points.push({ at: now, index: replay.entries.length, book: copyBook(book) });
  if (!replay.isOn) forgetOld(now);
}

/* A whole stretch between two books at once. */
function forgetOld(now) {
  const { points, entries } = replay;
  if (points.length < 2 || (now - points[1].at < REPLAY_MILLISECONDS && entries.length <= REPLAY_MESSAGES)) return;
  const dropped = points[1].index;
  entries.splice(0, dropped);
  points.shift();
  for (const point of points) point.index -= dropped;
}

function copyBook(book) {
  const copy = new Book();
  for (const side of ["asks", "bids"]) copy[side].levels = [...book[side].levels];
  return Object.assign(copy, { updateId: book.updateId, expected: book.expected });
}

/** The market as it was at `at`: from the last book before, or on from what was shown last. */
/** @returns {Market} */
export function marketAt(at) {
  const { drawn, points, entries } = replay, live = marketOf(replay.symbol);
  const point = points.findLast(each => each.at <= at) ?? points[0];
  const from = drawn && drawn.at <= at && drawn.index >= point.index ? drawn : { book: copyBook(point.book), index: point.index, at: point.at };
  let { index } = from;
  for (; index < entries.length && entries[index].at <= at; index++) from.book.apply(JSON.parse(entries[index].text));
  const trades = live.trades.filter(trade => Date.parse(trade.timestamp) <= at).slice(0, TRADES_KEPT);
  replay.drawn = { book: from.book, index, at };
  return { ...live, book: from.book, trades, direction: "" };
}

export function beginReplay() {
  if (!replay.points.length || replay.symbol !== symbol) { toast("Nothing to replay yet: it remembers what this page has heard of the symbol."); return; }
  Object.assign(replay, { isOn: true, drawn: null });
  element("replay-bar").hidden = false;
  showMoment(Math.max(replay.points[0].at, Date.now() - 60_000));
  element("replay-moment").focus();
}

export function endReplay() {
  clearInterval(replay.timer);
  Object.assign(replay, { isOn: false, timer: 0, drawn: null });
  view.replayed = null;
  element("replay-bar").hidden = true;
  showPlaying();
  updateState();
  draw();
}

/** Show the market as it was at `at`. */
export function showMoment(at) {
  const now = Date.now(), first = replay.points[0].at, slider = element("replay-moment");
  replay.at = Math.min(Math.max(at, first), now);
  view.replayed = marketAt(replay.at);
  Object.assign(slider, { min: String(first - now), max: "0", value: String(replay.at - now) });
  slider.setAttribute("aria-valuetext", clock(replay.at));
  setText(element("replay-time"), `REPLAY · ${clock(replay.at)} · ${Math.round((now - replay.at) / 1000)} s ago`);
  updateState();
  draw();
}

const STEP_MILLISECONDS = 200;

export function togglePlaying() {
  if (replay.timer) clearInterval(replay.timer);
  replay.timer = replay.timer ? 0 : setInterval(() => {
    showMoment(replay.at + STEP_MILLISECONDS * Number(element("replay-speed").value));
    if (replay.at >= Date.now() - STEP_MILLISECONDS) endReplay();
  }, STEP_MILLISECONDS);
  showPlaying();
}

function showPlaying() { setText(element("replay-play"), replay.timer ? "❚❚ Pause" : "▶ Play"); }

element("replay-open").onclick = () => (replay.isOn ? endReplay() : beginReplay());
element("replay-moment").oninput = event => showMoment(Date.now() + Number(event.target.value));
element("replay-play").onclick = togglePlaying;
element("replay-end").onclick = endReplay;
element("replay-bar").onkeydown = event => { if (event.key === "Escape") { event.stopPropagation(); endReplay(); } };
