// One person's course by the model itself. Only what is asked for is given: no rules, no chance.

/** The same state without the drug that the figure compares with: its button not pressed, its day not come. */
export function without(spec, state) {
  const drug = spec.slider?.find(s => s.day_of)?.day_of, button = spec.button?.gives;
  return {...spec, slider: spec.slider.filter(s => s.day_of !== drug || !drug), button: button ? undefined : spec.button};
}

const HOLDS = {
  and: (a, b) => a && b, or: (a, b) => a || b,
  ">=": (a, b) => a >= b, ">": (a, b) => a > b, "<": (a, b) => a < b, "<=": (a, b) => a <= b,
};
const holds = (x, found, i) => Array.isArray(x) ? HOLDS[x[0]](holds(x[1], found, i), holds(x[2], found, i)) : typeof x === "string" ? found[x][i] : x;

/** What a figure may ask of a model: `courses(await import("../models/therapy.js"))`. */
export function courses({model, simulate, therapy}) {
  const BODY = {weight: model.values.weight?.value, bsa: model.values.bsa?.value};  // where doses go by it

  /** What the model is asked for at this state of a figure; person: own numbers by path, else the typical patient's. */
  function ask(spec, state, person = null) {
    const values = {...person}, given = {...therapy.given}, usual = path => values[path] ?? model.values[path].value;
    const amounts = {}, days = {};
    for (const choice of spec.choice ?? []) {
      if (choice.class) for (const [path, x] of Object.entries(therapy.classes[state[choice.name]])) if (path in model.values) values[path] = x;
      for (const name of choice.omits?.[state[choice.name]] ?? []) delete given[name];
    }
    for (const slider of spec.slider ?? []) {
      const x = state[slider.name];
      if (slider.sets) values[slider.sets] = person ? usual(slider.sets)*x*slider.times/model.values[slider.sets].value : x*slider.times;
      if (slider.gives) amounts[slider.gives] = x*slider.times;
      if (slider.day_of) days[slider.day_of] = [x];
      if (slider.latent) for (const [path, weight] of Object.entries(therapy.latent[slider.latent])) values[path] = usual(path)*Math.exp(weight*x);
    }
    if (spec.button?.gives && Number.isFinite(state[spec.button.name])) days[spec.button.gives] = [state[spec.button.name]];
    const body = person ?? BODY, doses = [];
    for (const [name, dose] of Object.entries(given)) {
      const size = dose.per ? body[dose.per] : 1, per = amounts[name] ?? (size < dose.below ? dose.small : dose.amount);
      const amount = Math.min(size*per, dose.most ?? Infinity);
      for (const day of days[name] ?? dose.days) if (amount > 0) doses.push({day, into: dose.into, amount, over: dose.over});
    }
    return {values, doses, start: therapy.start};
  }

  const LIMIT = 400, kept = new Map();

  /** The lines of a figure's panels, in the units that are shown. */
  function lines(spec, state, times, rtol = 3e-5) {
    const asked = ask(spec, state), key = JSON.stringify([asked, times.length, spec.title]);
    if (kept.has(key)) return kept.get(key);
    const seen = [...new Set(spec.panel.flatMap(p => p.scale ? reads(p.scale) : known(p.shown) ? [p.shown] : []))];
    const found = simulate({...asked, times, seen: [...seen, ...spec.also ?? []], rtol});
    const made = spec.panel.map(p => p.scale ? graded(p.scale, found) : shown(p, found[p.shown]));
    made.found = found;
    if (kept.size > LIMIT) kept.clear();
    kept.set(key, made);
    return made;
  }

  const known = path => model.states.includes(path) || model.observables.includes(path);
  const shown = (panel, ys) => {
    const {plus = 0, scale_by: by = 1} = panel;
    return ys ? plus || by !== 1 ? ys.map(y => y*by + plus) : ys : [];
  };

  // ---- grades, as the library's scales define them ----

  /** What a scale reads. */
  function reads(scale) {
    const found = new Set();
    const walk = x => { if (Array.isArray(x)) x.forEach(walk); else if (typeof x === "string" && x.includes(".")) found.add(x); };
    walk(therapy.scales[scale].entry);
    walk(therapy.scales[scale].grades);
    return [...found];
  }

  /** The grade at each time: 0 until the scale's entry has been met once, then the worst that holds. */
  function graded(scale, found) {
    const {entry, grades} = therapy.scales[scale];
    let entered = false;
    return found.times.map((_, i) => {
      entered ||= holds(entry, found, i);
      return entered ? grades.reduce((worst, [grade, when]) => grade > worst && holds(when, found, i) ? grade : worst, 0) : 0;
    });
  }
  return {ask, lines, reads, graded};
}
