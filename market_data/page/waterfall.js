/* The ways of this page's orders, drawn below each other to one scale. */

import { create, element } from "./dom.js";
import { journeys, writeMilliseconds } from "./latency.js";

/* Each from the engine's stamp on, where that is known. */
const PARTS = { stamp: "gateway and list", answered: "engine to answer", told: "own stream", fed: "market-data feed" };

export function openWaterfall() {
  const list = journeys.filter(each => each.answered !== undefined), longest = Math.max(1, ...list.flatMap(each => Object.keys(PARTS).map(kind => each[kind] ?? 0)));
  element("waterfall-list").replaceChildren(...list.map(journey => makeEntry(journey, longest)));
  element("waterfall-empty").hidden = list.length > 0;
  element("waterfall").showModal();
}

function makeEntry(journey, longest) {
  const entry = create("li", journey.name);
  for (const [kind, text] of Object.entries(PARTS)) {
    const until = journey[kind], since = kind === "stamp" ? 0 : journey.stamp ?? 0;
    const line = create("div"), bar = create("i", "", kind), figure = create("span", until === undefined ? "not seen" : writeMilliseconds(until));
    bar.style.marginLeft = `${(100 * since) / longest}%`;
    bar.style.width = `${(100 * Math.max(0, (until ?? 0) - since)) / longest}%`;
    const track = create("div", "", "track");
    track.append(bar);
    line.append(create("small", text), track, figure);
    entry.append(line);
  }
  return entry;
}

element("waterfall-open").onclick = openWaterfall;
