/* The chart's section: candles or depth, and what stands there while there is neither. */

import { candleChart } from "./candle_chart.js";
import { drawDepthChart } from "./depth_chart.js";
import { element, show } from "./dom.js";
import { interval, market } from "./markets.js";
import { replay } from "./replay.js";
import { INTERVAL_SECONDS } from "./words.js";

/* In a replay, those that had ended by then. */
function listCandles() {
  const list = market().candles.get(interval) ?? [], until = replay.at / 1000 - INTERVAL_SECONDS[interval];
  return replay.isOn ? list.filter(candle => candle.start <= until) : list;
}

const PAUSE = 250;  // milliseconds: four times a second is as much as an eye reads off a chart

/** @type {{ isDepth: boolean, drawnAt: number, timer: any, draw(): void, drawSoon(): void, drawNow(): void, showWhatIs(isEmpty: boolean): void }} */
export const charts = {
  isDepth: false, drawnAt: 0, timer: 0,

  /* In a task of its own: the first one makes the chart, which is as much work as all the rest of a frame. */
  draw() { charts.timer ||= setTimeout(charts.drawNow, PAUSE - (performance.now() - charts.drawnAt)); },
  drawSoon() { clearTimeout(charts.timer); charts.timer = setTimeout(charts.drawNow); },
  drawNow() {
    Object.assign(charts, { drawnAt: performance.now(), timer: 0 });
    const { book } = market(), list = listCandles();
    const isEmpty = charts.isDepth ? !book.bids.levels.length && !book.asks.levels.length : !list.length;
    charts.showWhatIs(isEmpty);
    if (charts.isDepth) drawDepthChart();
    else candleChart.draw(list);
  },
  showWhatIs(isEmpty) {
    element("welcome").hidden = !isEmpty || charts.isDepth || market().trades.length > 0;
    element("legend").hidden = isEmpty;
    for (const id of ["candles", "depth"]) element(id).style.visibility = isEmpty ? "hidden" : "";
    element("chart-empty").hidden = !isEmpty || !element("welcome").hidden;
    show("chart-empty", charts.isDepth ? "The book is empty: there is no depth to draw." : "No candles yet.");
  },
};
