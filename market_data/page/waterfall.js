/* The ways of this page's orders, drawn below each other to one scale. */

import { create, element } from "./dom.js";
import { journeys, writeMilliseconds } from "./latency.js";
import { layOut } from "./ways.js";

export function openWaterfall() {
  const list = journeys.filter(each => each.answered !== undefined).map(({ name, ...journey }) => ({ name, parts: layOut(journey) }));
  const longest = Math.max(1, ...list.flatMap(({ parts }) => parts.map(({ until = 0 }) => until)));
  element("waterfall-list").replaceChildren(...list.map(journey => makeEntry(journey, longest)));
  element("waterfall-empty").hidden = list.length > 0;
  element("waterfall").showModal();
}

function makeEntry({ name, parts }, longest) {
  const entry = create("li", name);
  for (const { kind, text, since, until } of parts) {
    const line = create("div"), bar = create("i", "", kind), figure = create("span", until === undefined ? "not seen" : writeMilliseconds(until - since));
    bar.style.marginLeft = `${(100 * since) / longest}%`;
    bar.style.width = `${(100 * ((until ?? since) - since)) / longest}%`;
    bar.hidden = until === undefined;
    const track = create("div", "", "track");
    track.append(bar);
    line.append(create("small", text), track, figure);
    entry.append(line);
  }
  return entry;
}

element("waterfall-open").onclick = openWaterfall;
