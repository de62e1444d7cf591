/* Lines over the candles, for the eye: each a list of {time, value}, from candles in order. */

/** Exponential moving average of the close over `length` candles; begins where there are as many. */
export function computeEma(candles, length) {
  const line = [], weight = 2 / (length + 1);
  let average = 0;
  candles.forEach(({ start, close }, index) => {
    average = index < length ? average + (close - average) / (index + 1) : average + weight * (close - average);
    if (index >= length - 1) line.push({ time: start, value: average });
  });
  return line;
}

/** Average price by volume since the day (UTC) began. */
export function computeVwap(candles) {
  const line = [];
  let day = -1, notional = 0, volume = 0;
  for (const { start, high, low, close, volume: traded } of candles) {
    const today = Math.floor(start / 86_400);
    if (today !== day) { day = today; notional = volume = 0; }
    notional += ((high + low + close) / 3) * traded;
    volume += traded;
    if (volume) line.push({ time: start, value: notional / volume });
  }
  return line;
}

/** Relative strength by Wilder, 0 to 100; 50 where nothing has moved. */
export function computeRsi(candles, length = 14) {
  const line = [];
  let gain = 0, loss = 0;
  for (let index = 1; index < candles.length; index++) {
    const change = candles[index].close - candles[index - 1].close, weight = Math.min(index, length);
    gain += (Math.max(change, 0) - gain) / weight;
    loss += (Math.max(-change, 0) - loss) / weight;
    if (index >= length) line.push({ time: candles[index].start, value: gain + loss ? (100 * gain) / (gain + loss) : 50 });
  }
  return line;
}
