// Figures in words, the same everywhere.

const percent = (value, digits = 0) => `${(100 * value).toFixed(digits)} %`;
const points = (value) => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(0)}`;
const short = (digest) => digest.slice(0, 8);
const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const plain = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

function duration(seconds) {
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return minutes ? `${minutes} min ${String(whole % 60).padStart(2, "0")} s` : `${whole} s`;
}

/** {passed, total, rate, interval} as text. */
function rateText(rate) {
  if (!rate) return "–";
  const [low, high] = rate.interval;
  return `${rate.passed}/${rate.total} = ${percent(rate.rate)} [${(100 * low).toFixed(0)}, ${(100 * high).toFixed(0)}]`;
}

/** A gain {difference, interval, cells} as text in points. */
function gainText(gain) {
  if (!gain) return "–";
  const cells = gain.cells === undefined ? "" : ` on ${count(gain.cells, "cell")}`;
  return `${points(gain.difference)} [${points(gain.interval[0])}, ${points(gain.interval[1])}]${cells}`;
}

/** A figure {value, low, high, n, reason} as text; of scale 1 a ratio. */
function figureText(figure, scale = 100) {
  if (!figure || figure.value === null || figure.value === undefined) return "–";
  const digits = scale === 1 ? 2 : 0;
  const text = (scale * figure.value).toFixed(digits) + (scale === 1 ? "" : " %");
  if (figure.low === null || figure.low === undefined) return text;
  return `${text} [${(scale * figure.low).toFixed(digits)}, ${(scale * figure.high).toFixed(digits)}]`;
}

/** An interval drawn on 0 to 1 (or `from` to `to`), with its value; the text beside it says the same. */
function intervalBar(value, low, high, { from = 0, to = 1, zero = false } = {}) {
  const x = (v) => 4 + (132 * (Math.min(to, Math.max(from, v)) - from)) / (to - from);
  return svg(
    "svg",
    { class: "interval", viewBox: "0 0 140 14", width: 140, height: 14, "aria-hidden": "true", focusable: "false" },
    svg("line", { class: "track", x1: 4, x2: 136, y1: 7, y2: 7 }),
    zero && svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 1, y2: 13 }),
    low !== null && svg("line", { class: "range", x1: x(low), x2: x(high), y1: 7, y2: 7 }),
    svg("circle", { class: "dot", cx: x(value), cy: 7, r: 4 }),
  );
}

function rateCell(rate) {
  return rate ? [intervalBar(rate.rate, ...rate.interval), h("span", { class: "beside" }, rateText(rate))] : "–";
}

function gainCell(gain) {
  if (!gain) return "–";
  const bar = intervalBar(gain.difference, ...gain.interval, { from: -1, to: 1, zero: true });
  return [bar, h("span", { class: "beside" }, gainText(gain))];
}

function figureCell(figure, scale = 100) {
  if (!figure || figure.value === null || figure.value === undefined) return figure && figure.reason ? note(figure.reason) : "–";
  const bar = scale === 100 && intervalBar(figure.value, figure.low, figure.high);
  const why = figure.low === null && figure.reason ? note(figure.reason) : "";
  return [bar, h("span", { class: "beside" }, figureText(figure, scale)), why];
}
