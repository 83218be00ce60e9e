// How sure a trial can be: the exact interval by size, and twenty virtual trials.
import {answers, interval} from "./chance.js";
import {curve, height, percent} from "./chart.js";
import {start} from "./frame.js";

const TRIALS = 20, SIZES = [5, 300];

start("sample-size", ({root, spec, state, $}) => {
  const funnel = $("panel-0"), trials = $("panel-1"), up = [0, 100], bands = new Map();
  const sizes = Float64Array.from({length: 60}, (_, i) => Math.round(SIZES[0] + i*(SIZES[1] - SIZES[0])/59));

  function band(rate) {
    if (!bands.has(rate)) bands.set(rate, [...sizes].map(n => interval(Math.round(n*rate/100), n)));
    return bands.get(rate);
  }
  function compute() {
    const {n, rate} = state, seen = Math.round(n*rate/100), [low, high] = interval(seen, n).map(x => 100*x);
    const rows = Array.from({length: TRIALS}, (_, t) => {
      const k = answers(n, rate/100, state.draw, t + 1), [a, b] = interval(k, n);
      return {k, share: 100*k/n, low: 100*a, high: 100*b};
    });
    const hit = rows.filter(r => r.low <= rate && rate <= r.high).length;
    return {rows, numbers: {seen, low, high, width: high - low, hit}};
  }
  function draw({rows, numbers}) {
    const lows = band(state.rate).map(([low]) => 100*low), highs = band(state.rate).map(([, high]) => 100*high);
    funnel.querySelector('[data-line="0"]').setAttribute("d", `${curve(sizes, highs, SIZES, up)}${curve([...sizes].reverse(), lows.reverse(), SIZES, up).replace("M", "L")}Z`);
    const at = percent(state.n, SIZES), cursor = funnel.querySelector(".cursor"), bar = funnel.querySelector(".bar");
    for (const end of ["x1", "x2"]) { cursor.setAttribute(end, at); bar.setAttribute(end, at); }
    bar.setAttribute("y1", height(numbers.low, up));
    bar.setAttribute("y2", height(numbers.high, up));
    for (const [side, value] of [["low", numbers.low], ["high", numbers.high]]) {
      const text = funnel.querySelector(`.${side}`), late = state.n > 200;
      text.textContent = `${value.toFixed(0)} %`;
      text.setAttribute("x", at);
      text.setAttribute("y", height(value, up));
      text.setAttribute("dx", late ? -8 : 8);
      text.setAttribute("class", `label ${side} ${late ? "end" : "start"}`);
    }
    const truth = trials.querySelector(".mark");
    for (const end of ["y1", "y2"]) truth.setAttribute(end, height(state.rate, up));
    rows.forEach((row, i) => {
      const line = trials.querySelector(`[data-trial="${i + 1}"]`), dot = line.nextElementSibling;
      line.setAttribute("y1", height(row.low, up));
      line.setAttribute("y2", height(row.high, up));
      line.setAttribute("class", row.low <= state.rate && state.rate <= row.high ? "bar" : "bar missed");
      dot.setAttribute("cy", height(row.share, up));
    });
  }
  const words = row => `${row.k} of ${state.n}, ${row.share.toFixed(0)} %, interval ${row.low.toFixed(0)} to ${row.high.toFixed(0)} %`;
  function look({rows}) {
    const cursor = trials.querySelector(".cursor"), x = percent(state.trial, [1, TRIALS]), row = rows[state.trial - 1];
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    return {at: `Trial ${state.trial}`, values: [words(row)], words: words(row)};
  }
  const table = ({rows}) => rows.map((r, i) => [String(i + 1), String(r.k), r.share.toFixed(1), r.low.toFixed(1), r.high.toFixed(1)]);
  const csv = result => `trial,responses,people,rate_percent,low_percent,high_percent\n${result.rows.map((r, i) => [i + 1, r.k, state.n, r.share, r.low, r.high].join(",")).join("\n")}\n`;
  const plots = () => spec.panel.map((p, i) => ({name: p.name, svg: $(`panel-${i}`)}));
  const press = () => { state.draw += 1; };
  return {compute, draw, look, table, csv, plots, press};
});
