// What every drawing shares. Curves live in a nested <svg viewBox="0 0 10000 10000" preserveAspectRatio="none">; all else is
// placed in percent, so that text and dots keep their size at every width and nothing is laid out by script.

export const BOX = 10000;

/** The `d` of a curve in the box, each point as its way from the one before; `nan` breaks the line, which ends at `last`. */
export function curve(xs, ys, [x0, x1], [y0, y1], last = x1) {
  let d = "", drawn = false, x = 0, y = 0;
  for (let i = 0; i < xs.length && xs[i] <= last; i++) {
    if (!Number.isFinite(ys[i])) { drawn = false; continue; }
    const right = Math.floor(BOX*(xs[i] - x0)/(x1 - x0) + 0.5);
    const down = Math.floor(BOX*Math.min(1, Math.max(0, 1 - (ys[i] - y0)/(y1 - y0))) + 0.5);
    d += drawn ? `l${right - x} ${down - y}` : `M${right} ${down}`;
    drawn = true;
    x = right;
    y = down;
  }
  return d;
}

export const percent = (x, [low, high]) => `${(100*Math.min(1, Math.max(0, (x - low)/(high - low)))).toFixed(2)}%`;
export const height = (y, [low, high]) => percent(-y, [-high, -low]);

/** Values as they stand on the panel's scale. */
export const scaled = (panel, ys) => panel.log ? ys.map(y => y > 0 ? Math.log10(y) : -30) : ys;

/** The points of a line that holds each value until the next time. */
export function stairs(xs, ys) {
  const x = [], y = [];
  for (let i = 0; i < xs.length; i++) {
    if (i) { x.push(xs[i]); y.push(ys[i - 1]); }
    x.push(xs[i]);
    y.push(ys[i]);
  }
  return [x, y];
}

/** Fits a panel's scale to its lines where it has several; the ticks say the new numbers, the mark moves. */
export function fitted(panel, svg, ...lines) {
  if (!panel.tops) return panel.range;
  const most = Math.max(...lines.map(line => line.reduce((a, b) => Math.max(a, b)))), top = panel.tops.find(t => t >= most) ?? panel.tops.at(-1);
  if (svg.dataset.top === String(top)) return [0, top];
  svg.dataset.top = top;
  [0, top/2, top].forEach((value, i) => { svg.querySelector(`[data-tick="${i}"]`).textContent = value.toLocaleString("en"); });
  const mark = svg.querySelector(".mark"), y = panel.mark && height(panel.mark[0], [0, top]);
  if (mark) {
    mark.setAttribute("y1", y);
    mark.setAttribute("y2", y);
    svg.querySelector(".mark-words").setAttribute("y", y);
  }
  return [0, top];
}

/** Moves the upright line and the dot of a drawing to a place. */
export function pointAt(svg, x, across, y, up) {
  const line = svg.querySelector(".cursor"), dot = svg.querySelector(".dot"), where = percent(x, across);
  line.setAttribute("x1", where);
  line.setAttribute("x2", where);
  dot?.setAttribute("cx", where);
  dot?.setAttribute("cy", height(y, up));
}

/** Offers text as a file; nothing leaves the page. */
export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "font-size", "font-weight", "font-family", "text-anchor", "vector-effect", "paint-order"];

/** The drawings of a figure, one under the other, as a file of its own: colours and type as they are seen now. */
export function drawing(title, sentence, plots) {
  const wide = 720, left = 64, right = 24, inner = wide - left - right;
  const paper = getComputedStyle(plots[0].svg.closest(".figure")).backgroundColor, ink = getComputedStyle(document.body).color;
  const safe = text => text.replace(/[<>&"]/g, c => `&#${c.charCodeAt(0)};`);
  const said = wrapped(sentence, 92);
  let top = 46 + 18*said.length;
  const parts = plots.map(({name, svg, tall, square}) => {
    const box = svg.getBoundingClientRect(), high = square ? 320 : tall ?? box.height, copy = svg.cloneNode(true);
    inlined(svg, copy);
    for (const [k, v] of Object.entries({x: left, y: top + 12, width: square ? 320 : inner, height: high, overflow: "visible", xmlns: "http://www.w3.org/2000/svg"})) copy.setAttribute(k, v);
    const text = `<text x="${left - 40}" y="${top}" font-size="13" font-weight="600" fill="${ink}">${safe(name)}</text>${copy.outerHTML}`;
    top += high + 58;
    return text;
  });
  const lines = said.map((words, i) => `<text x="24" y="${50 + 18*i}" font-size="13" fill="${ink}">${safe(words)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${top}" width="${wide}" height="${top}" font-family="sans-serif"><rect width="100%" height="100%" fill="${paper}"/>`
    + `<text x="24" y="28" font-size="16" font-weight="600" fill="${ink}">${safe(title)}</text>${lines.join("")}${parts.join("")}</svg>`;
}

function inlined(from, to) {
  const style = getComputedStyle(from);
  if (style.display === "none") { to.remove(); return; }
  for (const name of STYLES) if (style.getPropertyValue(name)) to.setAttribute(name, style.getPropertyValue(name));
  const pairs = [...from.children].map((child, i) => [child, to.children[i]]);
  for (const [child, twin] of pairs) inlined(child, twin);
  for (const name of ["class", "data-part", "role", "aria-labelledby", "aria-describedby"]) to.removeAttribute(name);
}

function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) if (`${lines.at(-1)} ${word}`.length > most) lines.push(word); else lines[lines.length - 1] += ` ${word}`;
  return lines.map(line => line.trim());
}
