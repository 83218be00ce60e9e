// What a figure says of its numbers. The same rules as `web/drawn.py` has for the still that stands in the page.

const LARGE = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]];
const commas = text => text.replace(/^(\d+)/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ","));

/** A number as readers see it; `digits` may be "amount": 250 billion. */
export function said(x, digits = 0) {
  if (typeof x === "string") return x;
  if (!Number.isFinite(x)) return "–";
  if (digits === "amount") return amount(x);
  const text = commas((Math.floor(Math.abs(x)*10**digits + 0.5)/10**digits).toFixed(digits));
  return x < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

function amount(x) {
  if (x < 1) return "fewer than 1";
  for (const [size, word] of LARGE) if (x >= size) return `${commas(String(Number((x/size).toPrecision(2))))} ${word}`;
  return commas(Number(x.toPrecision(2)).toFixed(0));
}

/** A day or what a reader set, as it stands in a sentence or a table. */
export const set = x => typeof x === "string" ? x : Number.isFinite(x) ? commas(String(Number(Math.abs(x).toPrecision(10)))).replace(/^/, x < 0 ? "−" : "") : "–";

/** A number and its unit, which stay on one line. */
export const joined = (text, unit) => unit ? `${text}\u00a0${unit}` : text;

// What belongs together, as `plot/typeset.py` ties it in pages.
const UNITS = String.raw`(?:[kmµunp]?g|[mµu]?L|[mµun]?m(?:ol|²|2)?|Gy|IU|°C|cells|copies|molecules|[dh]|days?|hours?|weeks?|months?|years?|million|billion|trillion)(?![\w’'])`;
const COUNT = new RegExp(String.raw`(\d[\d.,]*) (?=%|${UNITS})`, "g");

/** A sentence whose numbers stay with their units, and counts with what they are of, ends of a range with each other. */
export const tied = text => text.replace(COUNT, "$1\u00a0").replace(/(\d) of (?=\d)/g, "$1\u00a0of\u00a0").replace(/([\d%]) to (?=[+−]?\d)/g, "$1\u00a0to\u00a0");

const first = (times, ys, holds) => times[ys.findIndex(holds)] ?? NaN;
const TAKEN = {
  max: (times, ys) => Math.max(...ys),
  min: (times, ys) => Math.min(...ys),
  last: (times, ys) => ys[ys.length - 1],
  at: (times, ys, level) => ys[indexAt(times, level)],
  "day of max": (times, ys) => times[ys.indexOf(Math.max(...ys))],
  "hours above": (times, ys, level) => ys.reduce((n, y) => n + (y >= level), 0)*(times[1] - times[0])*24,
  "first above": (times, ys, level) => first(times, ys, y => y >= level),
  "first below": (times, ys, level) => first(times, ys, y => y < level),
  "last day above": (times, ys, level) => times[ys.findLastIndex(y => y >= level)] ?? NaN,
};

/** Numbers read off curves, by name. */
export function measured(asked, times, now, before) {
  const found = {};
  for (const [name, m] of Object.entries(asked)) found[name] = TAKEN[m.take](times, (m.of === "before" ? before : now)[m.line], m.level ?? 0);
  return found;
}

const SIGNS = {">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b, "=": (a, b) => a === b};

/** The first text whose conditions all hold, with the numbers put in. */
export function sentence(says, numbers, digits) {
  const side = x => typeof x === "string" && x in numbers ? numbers[x] : x;
  const rule = says.find(({when = []}) => when.every(([left, sign, right]) => SIGNS[sign](side(left), side(right))));
  return tied(rule.text.replace(/\{(\w+)\}/g, (_, name) => name in digits ? said(numbers[name], digits[name]) : set(numbers[name])));
}

/** The index of the last time that is not after `t`. */
export function indexAt(times, t) {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= t + 1e-9) low = middle; else high = middle - 1;
  }
  return low;
}
