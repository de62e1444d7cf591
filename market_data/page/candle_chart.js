/* Candles with volume, averages and strength; what is older is asked for as one scrolls to it. */

import { chartOrders, widenScale } from "./chart_orders.js";
import { writeMark, writeTime, writePrice } from "./chart_words.js";
import { placesOf, shorten } from "./decimals.js";
import { create, element, store } from "./dom.js";
import { heat, makeHeat } from "./heat.js";
import { computeEma, computeRsi, computeVwap } from "./indicators.js";
import { interval, market, symbol } from "./markets.js";
import { fills, ordersVersion } from "./orders.js";
import { loadOlderCandles } from "./past.js";
import { theme } from "./theme.js";
import { INTERVAL_SECONDS } from "./words.js";

const library = LightweightCharts;
const FEWEST = 40;  // candles that there is room for, however few there are
const OLDER_AT = 40;  // candles left of the window at which older ones are asked for
const STUDIES = { ema: list => computeEma(list, 20), vwap: computeVwap, rsi: list => computeRsi(list) };

/** @type {any} */
export const candleChart = {
  chart: null, candles: null, volume: null, marks: null, lines: {}, drawn: { key: "", first: 0, last: 0, count: 0, revision: 0, fills: 0 },
  studies: new Set((store.read("studies") ?? "ema").split(",").filter(Boolean)), isUtc: store.read("clock") === "utc", hovered: null,

  draw(list) {
    if (!candleChart.chart) { if (!list.length) return; makeChart(); }
    candleChart.take(list);
    candleChart.mark(list);
    chartOrders.draw();
    if (candleChart.hovered === null) writeLegend(list.at(-1), list.at(-2));
  },
  /* All of them where others came in between or before, else just those at the end. */
  take(list) {
    const { drawn, candles, volume } = candleChart, key = `${symbol} ${interval}`, revision = list.revision ?? 0;
    const isAnother = key !== drawn.key;
    if (isAnother) candleChart.fit();
    if (isAnother || revision !== drawn.revision || list[0]?.start !== drawn.first || list.length < drawn.count) {
      candles.setData(list.map(toBar));
      volume.setData(list.map(toVolume));
      if (isAnother) candleChart.showNewest(list.length);
    } else {
      for (const candle of list.slice(list.findLastIndex(each => each.start <= drawn.last))) { candles.update(toBar(candle)); volume.update(toVolume(candle)); }
    }
    const isGrown = isAnother || list.length !== drawn.count;
    Object.assign(drawn, { key, revision, first: list[0]?.start, last: list.at(-1)?.start ?? 0, count: list.length });
    candleChart.drawStudies(list, isGrown);
  },
  fit() {
    const places = pricePlaces();
    candleChart.candles.applyOptions({ priceFormat: { type: "price", precision: places, minMove: 10 ** -places } });
    candleChart.chart.priceScale("right").applyOptions({ autoScale: true });
    candleChart.drawn.fills = -1;
  },
  showNewest(count) { candleChart.chart.timeScale().setVisibleLogicalRange({ from: Math.max(count - 90, Math.min(-2, count - FEWEST)), to: count + 4 }); },
  drawStudies(list, isGrown) {
    candleChart.drawHeat();
    for (const [name, compute] of Object.entries(STUDIES)) {
      const line = candleChart.lines[name];
      if (!candleChart.studies.has(name)) { if (line) { candleChart.chart.removeSeries(line); delete candleChart.lines[name]; } continue; }
      const points = compute(list);
      if (line && !isGrown && points.length) line.update(points.at(-1));
      else (line ?? addLine(name)).setData(points);
    }
  },
  drawHeat() {
    const isWanted = candleChart.studies.has("heat");
    if (isWanted && !heat.primitive) candleChart.candles.attachPrimitive(makeHeat(candleChart.chart, candleChart.candles));
    if (isWanted || !heat.primitive) return;
    candleChart.candles.detachPrimitive(heat.primitive);
    heat.primitive = null;
  },
  /* Own fills: an arrow for each candle and side. */
  mark(list) {
    if (candleChart.drawn.fills === ordersVersion || !list.length) return;
    candleChart.drawn.fills = ordersVersion;
    const step = INTERVAL_SECONDS[interval], arrows = new Map();
    for (const fill of fills.values()) {
      const time = Math.floor(Date.parse(fill.timestamp) / 1000 / step) * step;
      if (fill.symbol === symbol && time >= list[0].start) arrows.set(`${time} ${fill.side}`, makeArrow(time, fill.side));
    }
    candleChart.marks.setMarkers([...arrows.values()].sort((left, right) => left.time - right.time));
  },
  toggleStudy(name) {
    if (!candleChart.studies.delete(name)) candleChart.studies.add(name);
    store.write("studies", [...candleChart.studies].join());
    candleChart.redraw();
  },
  setClock(isUtc) {
    candleChart.isUtc = isUtc;
    store.write("clock", isUtc ? "utc" : "local");
    candleChart.restyle();
  },
  /* A revision that no list has: everything is set anew. */
  redraw() { candleChart.drawn.revision = -1; candleChart.draw(market().candles.get(interval) ?? []); },
  restyle() {
    if (!candleChart.chart) return;
    candleChart.chart.applyOptions(styleChart());
    candleChart.candles.applyOptions(candleColours());
    Object.assign(candleChart.drawn, { revision: -1, fills: -1 });
  },
};

export const pricePlaces = () => placesOf(market().trades[0]?.price ?? market().book.bids.levels[0]?.price ?? market().book.asks.levels[0]?.price ?? "0.00");

const makeArrow = (time, side) => ({ time, position: side === "buy" ? "belowBar" : "aboveBar", shape: side === "buy" ? "arrowUp" : "arrowDown", color: theme.colours.own, size: 1 });

const toBar = ({ start, open, high, low, close }) => ({ time: start, open, high, low, close });
const toVolume = ({ start, open, close, volume }) => ({ time: start, value: volume, color: theme.colours[close >= open ? "bid-volume" : "ask-volume"] });
const candleColours = () => ({ upColor: theme.colours.bid, downColor: theme.colours.ask, wickUpColor: theme.colours.bid, wickDownColor: theme.colours.ask, borderVisible: false });

function styleChart() {
  const { colours } = theme, line = { color: colours.soft, labelBackgroundColor: colours.text };
  return {
    layout: { background: { color: colours.panel }, textColor: colours.soft, fontSize: 11, fontFamily: "Inter, system-ui, sans-serif", attributionLogo: false, panes: { separatorColor: colours.line } },
    grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
    crosshair: { mode: 0, vertLine: line, horzLine: line },
    rightPriceScale: { borderColor: colours.line, scaleMargins: { top: 0.14, bottom: 0.24 } },
    timeScale: { borderColor: colours.line, timeVisible: true, secondsVisible: true, tickMarkFormatter: (time, kind) => writeMark(time, kind, candleChart.isUtc) },
    localization: { timeFormatter: time => writeTime(time, INTERVAL_SECONDS[interval], candleChart.isUtc), priceFormatter: value => writePrice(value, pricePlaces()) },
  };
}

function makeChart() {
  const chart = candleChart.chart = library.createChart(element("candles"), { autoSize: true, ...styleChart() });
  candleChart.candles = chart.addSeries(library.CandlestickSeries, { ...candleColours(), autoscaleInfoProvider: widenScale });
  candleChart.volume = chart.addSeries(library.HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  candleChart.marks = library.createSeriesMarkers(candleChart.candles, []);
  chart.timeScale().subscribeVisibleLogicalRangeChange(range => { if (range && range.from < OLDER_AT) loadOlderCandles(); chartOrders.draw(); });
  chart.subscribeCrosshairMove(readCrosshair);
}

function addLine(name) {
  const colour = { ema: theme.colours.accent, vwap: theme.colours.own, rsi: theme.colours.accent }[name];
  const options = { color: colour, lineWidth: 1, priceLineVisible: false, lastValueVisible: name === "rsi", crosshairMarkerVisible: false };
  const line = candleChart.chart.addSeries(library.LineSeries, options, name === "rsi" ? 1 : 0);
  if (name === "rsi") { line.applyOptions({ priceFormat: { type: "custom", formatter: value => value.toFixed(0) } }); candleChart.chart.panes()[1].setHeight(90); }
  return candleChart.lines[name] = line;
}

function readCrosshair({ time }) {
  const list = market().candles.get(interval) ?? [], index = time ? list.findLastIndex(candle => candle.start === time) : -1;
  candleChart.hovered = index >= 0 ? time : null;
  writeLegend(list[index] ?? list.at(-1), list[index - 1] ?? null);
}

function writeLegend(candle, before) {
  if (!candle) return;
  const places = pricePlaces(), change = before ? (100 * (candle.close - before.close)) / before.close : 0;
  const parts = [["O", candle.open], ["H", candle.high], ["L", candle.low], ["C", candle.close]];
  const nodes = parts.flatMap(([name, value]) => [create("span", `${name} `, name), create("b", writePrice(value, places), name), create("span", "  ", name)]);
  const moved = create("b", `${change >= 0 ? "+" : ""}${change.toFixed(2)} %  `, change >= 0 ? "up" : "down");
  element("legend").replaceChildren(create("span", `${writeTime(candle.start, INTERVAL_SECONDS[interval], candleChart.isUtc)}   `, "O"), ...nodes, moved, "Vol ", create("b", shorten(String(+candle.volume.toFixed(5)))));
}
