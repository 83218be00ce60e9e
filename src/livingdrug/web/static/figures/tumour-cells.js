// A recorded run, cell by cell, in depth: drawn as SVG, turned by dragging or with the arrow keys. `web/moments.py` draws
// the first frame alike. The recording is asked for when the figure comes near.
import {unpacked} from "../tumour-cells.js";
import {start} from "./frame.js";
import {whenNear} from "./near.js";
import {said} from "./says.js";

const BOX = 2000, CELL = 8.4, EYE = 2.2, HALO = 4, FOGS = [7, 15], TURN = 0.12, STEEPEST = 1.5, PACE = 1200;  // PACE: ms a moment, played
const NAME = "tumour-cells", SVG = "http://www.w3.org/2000/svg";

/** The `d` of each slice and kind, the farthest first: cells without a quarter of the ball, as the eye sees them. */
export function slices({places, kinds, away}, {side, near, within, across, up, many}) {
  const [ca, sa, cu, su] = [Math.cos(across), Math.sin(across), Math.cos(up), Math.sin(up)], eye = EYE*side;
  const rows = Array.from({length: many}, () => ["", "", "", ""]);
  for (let i = 0; i < kinds.length; i++) {
    const x = places[3*i], y = places[3*i + 1], z = places[3*i + 2];
    if (away[i] > within || x > 0 && z > 0) continue;
    const turned = ca*x + sa*z, back = ca*z - sa*x, down = cu*y - su*back, depth = su*y + cu*back;
    const by = eye/(eye - depth)*BOX/near, at = Math.min(Math.max(Math.floor((depth/near + 0.5)*many), 0), many - 1);
    rows[at][kinds[i]] += `M${Math.floor(BOX/2 + turned*by + 0.5)} ${Math.floor(BOX/2 - down*by + 0.5)}h0`;
  }
  return rows;
}

/** The recording with every cell unpacked. */
export function opened(data) {
  return data.moments.map(m => {
    const {places, kinds} = unpacked(m, data.side, data.bits);
    const away = Float64Array.from(kinds, (_, i) => Math.hypot(places[3*i], places[3*i + 1], places[3*i + 2]));
    return {hour: m.hour, places, kinds, away};
  });
}

/** At each moment: the hour, then the cells of each kind no farther than this from the middle [um]. */
export function counts(moments, within) {
  return moments.map(({hour, kinds, away}) => {
    const row = [hour, 0, 0, 0, 0];
    for (let i = 0; i < kinds.length; i++) if (away[i] <= within) row[kinds[i] + 1]++;
    return row;
  });
}

function figure(data) {
  const moments = opened(data);
  return ({root, spec, state, $, again}) => {
    const ball = $("ball"), {side} = data, {near} = spec, many = ball.children.length || spec.slices;
    const view = {across: spec.across, up: spec.up};
    let playing = 0;
    if (!ball.children.length) made(ball, many, side, near);
    const paths = [...ball.children].map(g => [...g.querySelectorAll("path")]);

    function paint() {
      const rows = slices(moments[state.moment - 1], {side, near, within: state.within, many, ...view});
      rows.forEach((row, s) => row.forEach((d, k) => { paths[s][2*k].setAttribute("d", d); paths[s][2*k + 1].setAttribute("d", d); }));
    }
    function compute() {
      const rows = counts(moments, state.within);
      return {rows, get numbers() { return numbers(rows); }};
    }
    function numbers(rows) {
      const [hour, little, much, dead, car] = rows[state.moment - 1];
      return {hour, alive: little + much, little, dead, car, start: rows[0][1] + rows[0][2]};
    }
    function look({rows}) {
      const [hour, ...now] = rows[state.moment - 1];
      now.forEach((n, k) => { $(`count-${k}`).textContent = said(n); });
      paint();
      const words = `${said(now[0] + now[1])} living cancer cells, ${said(now[2])} dead, ${said(now[3])} CAR-T`;
      return {at: `Moment ${state.moment} of ${moments.length}: ${hour} hours`, values: [words], words};
    }
    const table = ({rows}) => rows.map(([hour, ...now]) => [String(hour), ...now.map(n => said(n))]);
    function csv() {
      const {hour, places, kinds, away} = moments[state.moment - 1], lines = ["hour,kind,x_um,y_um,z_um"];
      for (let i = 0; i < kinds.length; i++) if (away[i] <= state.within) lines.push([hour, data.kinds[kinds[i]], ...[0, 1, 2].map(a => places[3*i + a].toFixed(1))].join(","));
      return `${lines.join("\n")}\n`;
    }
    const plots = () => [{name: spec.panel[0].name, svg: ball, square: true}];

    // ---- turned by hand, played by a button ----
    let waiting = false;
    const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; paint(); }); } };
    const turn = (across, up) => { view.across += across; view.up = Math.min(Math.max(view.up + up, -STEEPEST), STEEPEST); soon(); };
    const KEYS = {ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN]};
    ball.addEventListener("keydown", e => { if (e.key in KEYS) { e.preventDefault(); turn(...KEYS[e.key]); } });
    ball.addEventListener("pointerdown", e => ball.setPointerCapture(e.pointerId));
    ball.addEventListener("pointermove", e => { if (ball.hasPointerCapture(e.pointerId)) turn(e.movementX/150, e.pointerType === "touch" ? 0 : e.movementY/150); });
    $("reset").addEventListener("click", () => { stop(); Object.assign(view, {across: spec.across, up: spec.up}); soon(); });

    const show = () => { $("press").textContent = playing ? "Stop" : spec.button.give; };
    function stop() { clearInterval(playing); playing = 0; show(); }
    function next() {
      state.moment = state.moment % moments.length + 1;
      for (const part of ["walk-slider", "walk-box"]) $(part).value = state.moment;
      again();
      if (playing && state.moment === moments.length) stop();
    }
    /** Plays from the next moment to the last; one moment a press where motion is to be reduced. */
    function press() {
      if (playing) { stop(); return; }
      if (state.moment === moments.length) state.moment = 0;
      state.moment += 1;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      playing = setInterval(next, PACE);
      show();
    }
    return {compute, draw: () => {}, look, table, csv, plots, press};
  };
}

/** The empty slices, where the page came before its drawing. */
function made(ball, many, side, near) {
  for (let s = 0; s < many; s++) {
    const g = document.createElementNS(SVG, "g"), depth = ((s + 0.5)/many - 0.5)*near, wide = 2*CELL*BOX/near*EYE*side/(EYE*side - depth);
    const add = (name, given) => { const part = document.createElementNS(SVG, name); for (const [k, v] of Object.entries(given)) part.setAttribute(k, v); g.append(part); };
    for (let k = 0; k < 4; k++) { add("path", {class: `halo k${k}`, "stroke-width": wide + HALO}); add("path", {class: `cell k${k}`, "stroke-width": wide}); }
    if (FOGS.includes(s)) add("rect", {class: "fog", width: BOX, height: BOX});
    ball.append(g);
  }
}

/** Asks for the recording and starts. */
async function begin() {
  const answer = await fetch(new URL("../models/tumour-cells.json", import.meta.url));
  start(NAME, figure(await answer.json()));
}
whenNear(NAME, begin, is => { document.querySelector(`#${NAME} .ball`).tabIndex = is ? 0 : -1; });
