// A figure of a hundred people: counted by a worker, drawn as they are known.
import {start} from "./frame.js";
import {whenNear} from "./near.js";
import {set} from "./says.js";
import {first} from "./state.js";

const GROUPS = 3;

/** The middle of those values that there are; of two the lower. */
function middle(values) {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  return known[(known.length - 1) >> 1] ?? NaN;
}

/** Starts it when it comes near; crowd: the file of the worker that counts. */
export function hundred(name, crowd = "./crowd.js") {
  whenNear(name, () => start(name, ({root, spec, state, $, told}) => {
    const dots = [...root.querySelectorAll("[data-part=people] .person")], worker = new Worker(new URL(crowd, import.meta.url), {type: "module"});
    const classes = spec.group.map(g => g.class), still = JSON.stringify(first(spec));
    let token = 0, groups = [], mores = [], values = [], began = 0;

    function compute() {
      began = performance.now();
      root.dataset.asked = token + 1;
      groups = [];
      mores = [];
      values = [];
      const {counts, days, step, slider, choice, given, more, scale} = spec;
      worker.postMessage({token: ++token, order: spec.order, spec: {counts, days, step, slider, choice, given, more, scale}, state: {...state}});
      return {};
    }
    worker.onmessage = ({data}) => {
      if (data.token !== token) return;
      if (data.from === 0 && (token > 1 || still !== JSON.stringify(state))) dots.forEach(dot => dot.setAttribute("class", "person off"));
      data.groups.forEach((group, i) => dots[data.from + i].setAttribute("class", `person ${classes[group]}`));
      groups.push(...data.groups);
      mores.push(...data.mores);
      values.push(...data.values ?? []);
      performance.measure(data.from === 0 ? `${name}: first` : `${name}: some`, {start: began});
      point();
      if (groups.length < dots.length) return;
      performance.measure(`${name}: all`, {start: began});
      root.dataset.counted = token;
      const counts = [...Array(GROUPS).keys()].map(g => groups.filter(x => x === g).length);
      counts.forEach((n, g) => { $(`count-${g}`).textContent = n; });
      const more = mores[0].map((_, k) => mores.filter(m => m[k]).length);
      const numbers = Object.fromEntries([...counts.map((n, g) => [`n${g}`, n]), ...more.map((n, k) => [`more${k}`, n])]);
      if (spec.middle) numbers[spec.middle] = middle(values);
      told({numbers, counts, more});
      const {at, words} = look();
      $("at").textContent = at;
      $("value-0").textContent = words;
      $("walk-slider").setAttribute("aria-valuetext", `${at}: ${words}`);
    };
    const point = () => dots.forEach((dot, i) => dot.classList.toggle("at", i === state.person - 1));
    function look() {
      point();
      const group = groups[state.person - 1], words = group === undefined ? "being counted" : spec.group[group].words;
      return {at: `Person ${state.person}`, values: [words], words};
    }
    const table = ({numbers, counts, more}) => [
      ...spec.group.map((g, i) => [g.words, String(counts[i])]),
      ...(spec.more ?? []).map((m, k) => [m.words, String(more[k])]),
      ...(spec.middle ? [["first sign, day, in the middle of those hit", set(numbers[spec.middle])]] : []),
    ];
    const csv = () => `${["person", "group", ...(spec.more ?? []).map(m => `"${m.words}"`)].join(",")}\n`
      + groups.map((g, i) => [i + 1, `"${spec.group[g].words}"`, ...mores[i].map(Number)].join(",")).join("\n") + "\n";
    const plots = () => [{name: spec.title, svg: $("people"), square: true}];
    return {compute, draw: () => {}, look, table, csv, plots};
  }));
}
