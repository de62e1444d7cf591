/* Theme. */

import { candleChart } from "./candle_chart.js";
import { charts } from "./charts.js";
import { store } from "./dom.js";

/** @type {any} */
export const theme = {
  colours: {},
  /* Green and red, or blue and orange, which more eyes tell apart. */
  setPalette(name) {
    document.documentElement.dataset.palette = name;
    store.write("palette", name);
    theme.set(document.documentElement.dataset.theme);
  },
  set(name) {
    document.documentElement.dataset.theme = name;
    const style = getComputedStyle(document.documentElement);
    for (const colour of ["bid", "ask", "bid-bar", "ask-bar", "bid-flash", "ask-flash", "bid-volume", "ask-volume", "panel", "line", "soft", "text", "accent", "own"]) {
      theme.colours[colour] = style.getPropertyValue(`--${colour}`).trim();
    }
    candleChart.restyle();
    charts.drawSoon();
  },
};
