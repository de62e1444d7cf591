/* Live or not. */

import { QUIET_SWITCH_MILLISECONDS, SECONDS_UNTIL_GIVEN_UP, SECONDS_UNTIL_STALE } from "./bounds.js";
import { clock } from "./decimals.js";
import { showDemo } from "./demo.js";
import { element, show } from "./dom.js";
import { feed, lose } from "./feed.js";
import { draw } from "./frames.js";
import { marketOf, symbol } from "./markets.js";
import { pulse } from "./pulse.js";
import { replay } from "./replay.js";
import { showTicket } from "./ticket.js";

export function updateState() {
  show("toggle", feed.isWanted ? "Disconnect" : "Connect");
  giveUpSilence();
  const [state, word, text] = describeState();
  if (state === "live") feed.liveUntil = new Date();
  const asOf = feed.liveUntil ? ` What you see is of ${clock(feed.liveUntil)}.` : "";
  showState(state, word, text && `NOT LIVE · ${text}.${asOf}`);
}

const silence = () => (performance.now() - feed.heardAt) / 1000;
const isOpen = () => feed.socket?.readyState === WebSocket.OPEN;

function giveUpSilence() {
  if (!feed.socket || silence() <= SECONDS_UNTIL_GIVEN_UP) return;
  const silent = feed.socket;
  if (isOpen()) lose("no heartbeat");
  silent.close();
}

/* What the page is, in a word for the light, and in a sentence for the banner. */
function describeState() {
  if (replay.isOn) return ["replay", "Replay", ""];
  if (!feed.isWanted) return ["off", "Disconnected", "disconnected by you"];
  if (!feed.socket) {
    const seconds = Math.max(0, Math.ceil((feed.retryAt - performance.now()) / 1000));
    return ["off", "Offline", `the connection is lost${feed.reason ? ` (${feed.reason})` : ""}, next try in ${seconds} s`];
  }
  if (!isOpen()) return ["connecting", "Connecting", `connecting to ${feed.url} …`];
  if (silence() > SECONDS_UNTIL_STALE) return ["stale", "Silent", `nothing heard for ${Math.floor(silence())} s`];
  if (pulse.trouble.startsWith("Redis")) return ["stale", "No Redis", pulse.trouble];
  if (!isInStep()) return describeCatchingUp();
  return pulse.trouble ? ["paused", "Engine paused", pulse.trouble] : ["live", "Live", ""];
}

const isInStep = () => feed.isInSync && !feed.isBehind && feed.isFresh && feed.followed === symbol && marketOf(symbol).book.updateId !== null;

function describeCatchingUp() {
  const isSwitching = feed.isInSync && !feed.isBehind && performance.now() - feed.switchedAt < QUIET_SWITCH_MILLISECONDS;
  if (isSwitching) return ["switching", "Switching", ""];
  return ["stale", "Not in step", `${feed.isInSync ? "the page" : "the feed"} is catching up with the engine${feed.refusal ? ` (${feed.refusal})` : ""}`];
}

export function showState(state, word, text) {
  const isAnother = document.body.dataset.state !== state;
  document.body.dataset.state = state;
  show("status", word);
  show("banner-text", text);
  element("banner-connect").hidden = state !== "off" || (feed.isWanted && !feed.retryAt);
  show("banner-connect", feed.isWanted ? "Try now" : "Connect");
  if (isAnother) { showTicket(); showDemo(); draw(); }
}

export const isLive = () => document.body.dataset.state === "live";
export const isNotLive = () => !isLive() && document.body.dataset.state !== "switching";
