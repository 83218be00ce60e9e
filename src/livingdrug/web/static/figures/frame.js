// What every living figure has: its fields, its walk point by point, sentence, table, link, files.
import {drawing, save} from "./chart.js";
import {said, sentence, tied} from "./says.js";
import {bind, choose} from "./slider.js";
import {first, query, read} from "./state.js";

const SOON = 60;  // ms after the last change, for what need not be in the same frame as the curves

/**
 * Starts a figure. `make` gets {root, spec, state, $} and gives
 * compute() -> result with `numbers`; draw(result); look(result) -> {at, values, words}; table(result) -> rows of text;
 * csv(result) -> text; plots() -> [{name, svg}].
 */
export function start(name, make) {
  const root = document.getElementById(name);
  if (!root) return;
  const $ = part => root.querySelector(`[data-part="${part}"]`), spec = JSON.parse($("spec").textContent);
  const state = read(name, spec), figure = make({root, spec, state, $, again: change, told});
  let result, soon = 0, many = state[spec.walk.of];

  function change() {
    if (many !== state[spec.walk.of]) { state[spec.walk.name] = many = state[spec.walk.of]; walk(); }  // all of them again
    result = figure.compute();
    figure.draw(result);
    look();
    clearTimeout(soon);
    soon = setTimeout(tell, SOON);
  }
  function look() {
    const {at, values, words} = figure.look(result);
    $("at").textContent = at;
    values.forEach((text, i) => { $(`value-${i}`).textContent = tied(text); });
    $("walk-slider").setAttribute("aria-valuetext", `${at}: ${words}`);
    if (spec.button?.gives) pressed();
  }
  function pressed() {
    const {name, give, back} = spec.button, on = Number.isFinite(state[name]);
    $("press").classList.toggle("main", !on);
    $("press").textContent = (on ? back : give).replace(/\{(\w+)\}/g, (_, key) => state[key]);
  }
  /** What stands around the drawing. */
  function tell() {
    if (result.numbers) told(result);
    address();
  }
  function told(it) {
    result = it;
    $("finding").textContent = $("spoken").textContent = sentence(spec.says, {...state, ...it.numbers}, spec.digits);
    fill($("rows"), figure.table(it));
  }
  function address() {
    const asked = query(name, state);
    history.replaceState(null, "", asked + location.hash);
    $("link").href = `${asked}#${name}`;
  }

  const shows = [...(spec.slider ?? []).map(s => bind(root, s, state, change)), ...(spec.choice ?? []).map(c => choose(root, c, state, change))];
  const walk = walked(spec, state, $, () => { look(); clearTimeout(soon); soon = setTimeout(tell, SOON); }, change);
  shows.push(walk);
  if (spec.longer) {
    const answers = [...root.querySelectorAll('[data-choice="longer"]')];
    for (const answer of answers) answer.addEventListener("change", () => { state.longer = Number(answer.value); walk(); change(); });
    shows.push(() => { for (const answer of answers) answer.checked = Number(answer.value) === (state.longer || 0); });
  }
  if (spec.button) $("press").addEventListener("click", () => { figure.press(); walk(); change(); });
  $("reset").addEventListener("click", () => { Object.assign(state, first(spec)); for (const show of shows) show(); change(); });
  $("copy").addEventListener("click", async () => {
    address();
    try { await navigator.clipboard.writeText($("link").href); $("spoken").textContent = "Link copied."; } catch { $("spoken").textContent = "The link could not be copied; it stands beside this button."; }
  });
  $("csv").addEventListener("click", () => save(`${name}.csv`, "text/csv", figure.csv(result)));
  $("svg").addEventListener("click", () => save(`${name}.svg`, "image/svg+xml", drawing(spec.title, $("finding").textContent, figure.plots())));

  for (const part of root.querySelectorAll("[data-live]")) part.hidden = false;
  for (const show of shows) show();
  $("waiting")?.remove();
  change();
  figure.warm?.();
  root.dataset.ready = "";
}

/** The scrubber and its number box: which point is looked at. */
function walked(spec, state, $, then, redraw) {
  const {name, low, high, step, unit} = spec.walk, range = $("walk-slider"), box = $("walk-box"), wrong = $("walk-wrong");
  const last = () => spec.walk.of ? state[spec.walk.of] : spec.longer ? state.longer || high : high;
  const show = () => {
    state[name] = Math.min(state[name], last());
    range.max = last();
    range.value = box.value = state[name];
    wrong.hidden = true;
    box.removeAttribute("aria-invalid");
  };
  range.addEventListener("input", () => { state[name] = range.valueAsNumber; box.value = state[name]; wrong.hidden = true; box.removeAttribute("aria-invalid"); then(); });
  box.addEventListener("input", () => {
    const x = box.valueAsNumber, most = spec.longer || last(), good = x >= low && x <= most && (step < 1 || x % 1 === 0);
    wrong.hidden = good;
    if (!good) { box.setAttribute("aria-invalid", "true"); return; }
    box.removeAttribute("aria-invalid");
    state[name] = x;
    if (x <= last()) { range.value = x; then(); return; }
    state.longer = spec.longer;
    range.max = spec.longer;
    range.value = x;
    for (const answer of document.querySelectorAll(`#${range.closest(".figure").id} [data-choice="longer"]`)) answer.checked = Number(answer.value) === spec.longer;
    redraw();
  });
  return show;
}

function fill(body, rows) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach(([head, ...texts], r) => {
    let row = body.rows[r];
    if (!row) {
      row = body.insertRow();
      const th = document.createElement("th");
      th.scope = "row";
      row.append(th);
    }
    while (row.cells.length < texts.length + 1) row.insertCell();
    row.cells[0].textContent = head;
    texts.forEach((text, i) => { row.cells[i + 1].textContent = text; });
  });
}

export {said};
