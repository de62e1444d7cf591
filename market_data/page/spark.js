/* A line without axes: what a series of numbers did. */

const SPACE_SVG = "http://www.w3.org/2000/svg", WIDE = 100, HIGH = 24;

/** The points of a line that fills its box, as `polyline` takes them. @param {number[]} values */
export function sparkPoints(values) {
  const least = Math.min(...values), span = Math.max(...values) - least, last = values.length - 1;
  return values.map((value, index) => `${((WIDE * index) / last).toFixed(1)},${(span ? HIGH - 1 - ((HIGH - 2) * (value - least)) / span : HIGH / 2).toFixed(1)}`).join(" ");
}

/** @param {number[]} values at least two, else it is empty */
export function drawSpark(values) {
  const drawing = document.createElementNS(SPACE_SVG, "svg"), line = document.createElementNS(SPACE_SVG, "polyline");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" })) drawing.setAttribute(name, value);
  if (values.length < 2) return drawing;
  drawing.classList.add(values[values.length - 1] < values[0] ? "down" : "up");
  line.setAttribute("points", sparkPoints(values));
  drawing.append(line);
  return drawing;
}
