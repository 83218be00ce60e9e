// The steps before infusion: constants of one patient, worked out anew at each setting. The same as web/making.py.
import {constants, model} from "../models/making.js";

const HALVINGS = 44, WIDE = 4;  // of the search for a value that reaches a number; decades on either side
const usual = path => model.values[path].value;

/** The numbers at this state that differ from the typical patient's; own: a person's numbers, else the typical ones. */
export function asked(spec, state, own = null) {
  const values = {...own, ...spec.given};
  for (const choice of spec.choice ?? []) Object.assign(values, choice.values?.[state[choice.name]]);
  for (const slider of spec.slider ?? []) {
    const x = state[slider.name]*(slider.times ?? 1);
    for (const path of slider.scales ?? []) values[path] = (values[path] ?? usual(path))*factor(slider, x);
    if (!slider.sets) continue;
    const reached = slider.reaches ? solved(values, slider.sets, slider.reaches, x) : x;
    values[slider.sets] = own && slider.sets in own ? values[slider.sets]*reached/usual(slider.sets) : reached;
  }
  return values;
}

/** By how much numbers are multiplied, so that what they add up to in the typical patient comes to x. */
function factor({scales, reaches}, x) {
  const [none, all] = [0, 1].map(by => constants(Object.fromEntries(scales.map(path => [path, usual(path)*by])))[reaches]);
  return (x - none)/(all - none);
}

/** The value at which another number, which rises with it, comes to the target; an end where none does. */
function solved(values, path, reaches, target) {
  const middle = usual(path);
  let low = -WIDE, high = WIDE;
  for (let i = 0; i < HALVINGS; i++) {
    const half = 0.5*(low + high);
    if (constants({...values, [path]: middle*10**half})[reaches] < target) low = half; else high = half;
  }
  return middle*10**(0.5*(low + high));
}

const LIMIT = 400, kept = new Map();

/** The line of each panel: the panel's number as one of the model's runs along the days. */
export function lines(spec, state, times) {
  const values = asked(spec, state), {sets, reaches, most} = spec.along, key = JSON.stringify([spec.title, values, state[most]]);
  if (kept.has(key)) return kept.get(key);
  const along = given => {  // the numbers of each day
    const own = {...values, ...given}, before = reaches ? constants({...own, [sets]: 0})[reaches] : 0;
    return Array.from(times, t => {
      own[sets] = (most ? Math.min(t, state[most]) : t) - before;
      return constants(own);
    });
  };
  let whole;
  const made = spec.panel.map(({given, shown, scale_by: by = 1, relative}) => {
    const line = Float64Array.from(given ? along(given) : whole ??= along(), found => found[shown]*by);
    return relative ? line.map(y => y/line[0]) : line;
  });
  if (kept.size > LIMIT) kept.clear();
  kept.set(key, made);
  return made;
}
