// A worker: the worst grade and its first day in a hundred people of the trial that is chosen, each with the doses of its
// protocol. The same as web/crowds.py.
const TURN = 12;  // ms after which what is known is sent
let newest = 0;

const HOLDS = {
  and: (a, b) => a && b, or: (a, b) => a || b,
  ">=": (a, b) => a >= b, ">": (a, b) => a > b, "<": (a, b) => a < b, "<=": (a, b) => a <= b,
};
const holds = (x, found, i) => Array.isArray(x) ? HOLDS[x[0]](holds(x[1], found, i), holds(x[2], found, i)) : typeof x === "string" ? found[x][i] : x;
const names = x => Array.isArray(x) ? x.flatMap(names) : typeof x === "string" && x.includes(".") ? [x] : [];

/** The worst grade, and the day of the first (NaN: none). */
function graded({entry, grades}, found) {
  let entered = false, worst = 0, first = NaN;
  found.times.forEach((t, i) => {
    entered ||= holds(entry, found, i);
    if (!entered) return;
    for (const [grade, when] of grades) {
      if (!holds(when, found, i)) continue;
      worst = Math.max(worst, grade);
      if (Number.isNaN(first)) first = t;
    }
  });
  return {worst, first};
}

async function count({token, order, spec, state}) {
  const {model, simulate, people, scales} = await import(`../models/${state[spec.choice.find(c => c.trials).name]}.js`);
  const scale = scales[spec.scale], seen = [...new Set([...names(scale.entry), ...names(scale.grades)])];
  const times = Float64Array.from({length: Math.round(spec.days[1]/spec.step) + 1}, (_, i) => i*spec.step);
  let groups = [], mores = [], values = [], from = 0, turn = performance.now();
  for (const [place, i] of order.entries()) {
    const own = {};
    for (const path of Object.keys(people.own)) own[path] = people.own[path][i];
    let dose = 1;
    for (const slider of spec.slider) {
      for (const path of slider.scales ?? []) if (path in model.values) own[path] = (own[path] ?? model.values[path].value)*state[slider.name];
      if (slider.doses) dose *= state[slider.name];
    }
    const doses = people.doses[i].map(([day, into, amount, over]) => ({day, into, amount: into === people.infusion ? amount*dose : amount, over}));
    const {worst, first} = graded(scale, simulate({values: own, doses, start: people.start, times, seen, rtol: 1e-4}));
    groups.push(worst >= 3 ? 0 : worst >= 1 ? 1 : 2);
    mores.push(spec.more.map(({before, after}) => before !== undefined ? first < before : first >= after));
    values.push(first);
    if (performance.now() - turn < TURN && place > 0 && place < order.length - 1) continue;
    postMessage({token, from, groups, mores, values});
    from = place + 1;
    [groups, mores, values] = [[], [], []];
    await new Promise(done => setTimeout(done));  // a newer question may have come
    if (token !== newest) return;
    turn = performance.now();
  }
}

onmessage = ({data}) => {
  newest = data.token;
  count(data);
};
