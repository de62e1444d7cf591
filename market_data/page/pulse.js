/* Whether the engine answers: the feed alone lives on without it. */

import { PULSE_MILLISECONDS, SECONDS_UNTIL_PAUSED } from "./bounds.js";
import { element, setText } from "./dom.js";
import { feed } from "./feed.js";
import { call, gateway, Unreachable } from "./gateway.js";
import { group } from "./decimals.js";
import { updateState } from "./state.js";

/* `trouble`: why no order would be matched now, in a sentence; "" if one would. */
/** @type {{ trouble: string, age: number | null, isAsking: boolean }} */
export const pulse = { trouble: "", age: null, isAsking: false };

async function feelPulse() {
  if (gateway.state !== "ready" || document.hidden || pulse.isAsking) return;
  pulse.isAsking = true;
  try {
    const { answer } = await call("GET", "/health");
    Object.assign(pulse, { age: answer.engine_heartbeat_age ?? null, trouble: describeTrouble(answer) });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    Object.assign(pulse, { age: null, trouble: "the order gateway does not answer" });
  } finally { pulse.isAsking = false; }
  updateState();
}

function describeTrouble(health) {
  if (health.redis === "down") return "Redis does not answer: nothing can be ordered or canceled";
  if (health.engine === "down") return "the engine does not answer: orders wait in the queue";
  if (health.engine_heartbeat_age > SECONDS_UNTIL_PAUSED) return `the engine has not answered for ${health.engine_heartbeat_age.toFixed(1)} s: orders wait in the queue`;
  return "";
}

export function drawPulse() {
  const sequence = feed.sequence === null ? "–" : `#${group(feed.sequence)}`;
  const age = pulse.trouble ? " · no answer" : pulse.age === null ? "" : ` · ${pulse.age.toFixed(1)} s ago`;
  setText(element("engine-state").lastElementChild, sequence + age);
  element("engine-state").dataset.kind = pulse.trouble ? "bad" : "good";
}

setInterval(feelPulse, PULSE_MILLISECONDS);
