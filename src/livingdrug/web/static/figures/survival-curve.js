// A Kaplan-Meier curve, built person by person.
import {uniform} from "./chance.js";
import {BOX, curve, percent} from "./chart.js";
import {start} from "./frame.js";

const END = 36, JOINING = 12, MONTHS = [0, END], RISK = [0, 6, 12, 18, 24, 30, 36], MOST = 40;

/** The people of a trial, in the order of their time. */
function drawn({n, middle, leave, draw}) {
  const people = Array.from({length: n}, (_, i) => {
    const u = what => uniform(draw, i, what), event = -Math.log(u("event"))*middle/Math.LN2;
    const left = leave > 0 ? Math.log(u("leaving"))/Math.log(1 - leave/100)*12 : Infinity;
    const last = Math.min(left, END - JOINING*u("joining")*0.999);
    return {time: Math.min(event, last), event: event <= last};
  });
  return people.sort((a, b) => a.time - b.time);
}

/** The curve's steps over the first k people of n: at each, who is at risk and what share is left. */
function steps(people, k) {
  let share = 1;
  return people.slice(0, k).map(({time, event}, i) => {
    const risk = people.length - i, before = share;
    if (event) share *= (risk - 1)/risk;
    return {time, event, risk, before, share};
  });
}

start("survival-curve", ({root, spec, state, $}) => {
  const plot = $("panel-0"), lives = $("panel-1");

  function compute() {
    const people = drawn(state), all = steps(people, state.n);
    return {people, all, get numbers() { return counted(all); }};
  }
  function counted(all) {
    const so = all.slice(0, state.k), last = so.at(-1), whole = state.k === state.n;
    return {share: 100*(last?.share ?? 1), risk: whole ? 0 : state.n - state.k, events: so.filter(s => s.event).length, censored: so.filter(s => !s.event).length};
  }
  function draw(result) {
    const {all} = result;
    rings(lives, MOST, (i, line, dot) => {
      const it = all[i], y = `${(100*(i + 0.5)/state.n).toFixed(2)}%`;
      for (const part of [line, dot]) part.toggleAttribute("hidden", !it);
      if (!it) return;
      line.setAttribute("x2", percent(it.time, MONTHS));
      for (const end of ["y1", "y2"]) line.setAttribute(end, y);
      dot.setAttribute("cx", percent(it.time, MONTHS));
      dot.setAttribute("cy", y);
      dot.setAttribute("class", it.event ? "dot event" : "dot left");
    });
    for (const text of plot.querySelectorAll("[data-risk]")) {
      const month = Number(text.dataset.risk);
      text.textContent = all.filter(s => s.time >= month).length;
    }
  }
  function look({all}) {
    const so = all.slice(0, state.k), last = so.at(-1), until = state.k === state.n ? END : last?.time ?? 0;
    const xs = [0, ...so.flatMap(s => [s.time, s.time]), until], ys = [100, ...so.flatMap(s => [100*s.before, 100*s.share]), 100*(last?.share ?? 1)];
    plot.querySelector('[data-line="0"]').setAttribute("d", curve(xs, ys, MONTHS, [0, 100]));
    const ticks = so.filter(s => !s.event).map(s => { const x = Math.floor(BOX*(s.time/END) + 0.5), y = Math.floor(BOX*(1 - s.share) + 0.5); return `M${x} ${y - 250}v500`; });
    plot.querySelector(".censored").setAttribute("d", ticks.join(""));
    const cursor = plot.querySelector(".cursor"), at = percent(last?.time ?? 0, MONTHS);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    rings(lives, MOST, (i, line, dot) => { line.classList.toggle("off", i >= state.k); dot.classList.toggle("off", i >= state.k); });
    const words = !last ? "nobody counted yet: 100 %"
      : last.event ? `event at ${last.time.toFixed(1)} months; of ${last.risk} at risk ${last.risk - 1} are left, and the curve falls to ${(100*last.share).toFixed(0)} %`
      : `${last.time.toFixed(1)} months without the event, then no longer followed; the curve stays at ${(100*last.share).toFixed(0)} %`;
    return {at: `Person ${state.k} of ${state.n}`, values: [words], words};
  }
  const rings = (svg, n, each) => { for (let i = 0; i < n; i++) { const line = svg.querySelector(`[data-person="${i + 1}"]`); each(i, line, line.nextElementSibling); } };
  const table = ({all}) => all.slice(0, state.k).map((s, i) => [String(i + 1), s.time.toFixed(1), s.event ? "event" : "no longer followed", String(s.risk), (100*s.share).toFixed(1)]);
  const csv = ({all}) => `person,months,event,at_risk_before,share_percent\n${all.map((s, i) => [i + 1, s.time, Number(s.event), s.risk, 100*s.share].join(",")).join("\n")}\n`;
  const plots = () => spec.panel.map((p, i) => ({name: p.name, svg: $(`panel-${i}`)}));
  const press = () => { state.draw += 1; state.k = state.n; };
  return {compute, draw, look, table, csv, plots, press};
});
