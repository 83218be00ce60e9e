// ---- the same for every model from here on ----

const exp = x => Math.exp(Math.min(Math.max(x, -700), 700));
const log = x => x > 0 ? Math.log(x) : NaN;
const power = (x, n) => exp(n * log(x));
const sqrt = Math.sqrt, abs = Math.abs;

/** Patient constants, starts and shares for these values (parameters and covariates by path); missing ones are the model's own. */
export function prepare(values = {}) {
  const own = {}, known = model.values;
  for (const path of Object.keys(values)) if (!(path in known)) throw new Error(`the model has no value '${path}'`);
  for (const path of Object.keys(known)) {
    own[path] = path in values ? values[path] : known[path].value;
    if (!Number.isFinite(own[path])) throw new Error(`'${path}' has no value`);
  }
  return constants(own);
}

/**
 * The course of one patient, without chance: doses are given, nothing is decided.
 *
 * doses: [{day, into, amount, over}], over [day] = 0 at once; times [day]; seen: paths of states and published quantities.
 * Returns {times, ended, outcome, and an array for each path}; nan after `ended` when the outcome is not "completed".
 */
export function simulate({values = {}, doses = [], start = 0, end, times, seen = model.states, rtol = 1e-6, maxSteps = 100000} = {}) {
  const {p, y: first} = prepare(values), n = N, u = new Float64Array(model.inputs.length);
  times = Float64Array.from(times).sort();
  end = end ?? times[times.length - 1] ?? start;
  if (!(start <= end)) throw new Error(`the course runs from day ${start} to day ${end}`);
  const rows = doses.map(d => plannedDose(d, start));
  const found = {times, ended: start, outcome: "completed"};
  for (const path of seen) found[path] = new Float64Array(times.length).fill(NaN);
  const readers = seen.map(path => ({to: found[path], ...reader(path)}));

  let y = Float64Array.from(first), ys = new Float64Array(n), stop = start, t = start, h = 0, factor = 1, tick = 0, steps = 0;
  const k = Array.from({length: STAGES}, () => new Float64Array(n)), f = new Float64Array(n), m = new Float64Array(ENTRIES_OF_LU);
  const within = [0, 1, 2].map(() => new Float64Array(n)), [d0, d1, d2] = within, inside = new Float64Array(n), allowed = new Float64Array(n);
  const shown = new Float64Array(Math.max(1, model.observables.length));
  for (let i = 0; i < n; i++) allowed[i] = rtol*FLOORS[i];
  if (TIME_AT >= 0) y[TIME_AT] = start;

  const see = state => {
    observe(state, p, u, shown);
    for (const {to, from, at} of readers) to[tick] = (from === 0 ? state : from === 1 ? shown : u)[at];
    tick++;
  };
  while (tick < times.length && times[tick] <= start) times[tick] < start ? tick++ : see(y);
  while (t < end) {
    if (t >= stop) {
      stop = restart(y, p, u, rows, t, end);
      h = 1e-3, factor = 1;
    }
    const left = stop - t, wanted = h*factor;
    h = wanted*1.0000001 >= left ? left : wanted*2 > left ? 0.5*left : wanted;
    step(y, p, u, h, f, m, k, ys);
    let error = 0;
    for (let i = 0; i < n; i++) {
      const before = Math.abs(y[i]), after = Math.abs(ys[i]);
      allowed[i] = Math.max(allowed[i], before*rtol*SHARES[i]);
      const e = f[i]/(allowed[i] + rtol*Math.max(before, after));
      error += e*e;
    }
    error = Math.max(Math.min(error/n, 1e12), 1e-12);  // nan stays nan and is not accepted
    factor = Math.max(0.2, Math.min(6, 0.9*error**-0.1)) || 0.2;
    if (error <= 1) {
      const then = stop - (t + h) <= 1e-9*h ? stop : t + h;
      if (tick < times.length && times[tick] <= then) {
        dense(k, within);
        while (tick < times.length && times[tick] <= then) {
          const a = (times[tick] - t)/h, b = 1 - a;
          for (let i = 0; i < n; i++) inside[i] = b*y[i] + a*(ys[i] + b*(d0[i] + a*(d1[i] + a*d2[i])));
          see(inside);
        }
      }
      [y, ys] = [ys, y];
      t = then;
    } else {
      factor = Math.min(factor, 0.9);
      if (!(h*factor >= 1e-12 + 1e-15*Math.abs(t))) found.outcome = y.every(Number.isFinite) ? "step too small" : "not finite";
    }
    if (++steps >= maxSteps && t < end && found.outcome === "completed") found.outcome = "step budget";
    if (found.outcome !== "completed") break;
  }
  found.ended = t;
  return found;
}

function plannedDose({day, into, amount, over = 0}, start) {
  const input = model.inputs.indexOf(into);
  if (input < 0) throw new Error(`nothing can be given into '${into}'; there is ${model.inputs.join(", ") || "no input"}`);
  if (![day, amount, over].every(Number.isFinite) || day < start || over < 0) throw new Error(`a dose of ${amount} on day ${day} cannot be`);
  return {day, input, amount, finish: day + over};
}

/** Where a quantity stands: from the state (0), what is shown of it (1) or the inputs (2), and its place there. */
function reader(path) {
  for (const [from, paths] of [model.states, model.observables, model.inputs].entries()) {
    const at = paths.indexOf(path);
    if (at >= 0) return {from, at};
  }
  throw new Error(`nothing in the model is called '${path}'`);
}

/** Sets the inputs as of day t, lands what is given at t, and says when something changes next. */
function restart(y, p, u, rows, t, end) {
  let stop = end;
  SWITCHES.forEach((isSwitch, i) => { if (!isSwitch) u[i] = 0; });
  for (const {day, input, amount, finish} of rows) {
    if (day > t) stop = Math.min(stop, day);
    else if (SWITCHES[input]) { if (day === t) u[input] = amount; }
    else if (finish > day) { if (finish > t) { u[input] += amount/(finish - day); stop = Math.min(stop, finish); } }
    else if (day === t) for (const [entry, state, share] of ENTRIES) if (entry === input) y[state] += p[share]*amount;
  }
  for (const column of BREAKS) if (p[column] > t && p[column] < stop) stop = p[column];
  return stop;
}
