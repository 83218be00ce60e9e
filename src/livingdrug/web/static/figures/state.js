// What a reader has set in a figure, kept in the page's address under the figure's name: ?sixty-days.burden=80

/** The state as the address gives it; what is missing or out of its limits is as at first. */
export function read(name, spec) {
  const asked = new URLSearchParams(location.search), state = first(spec);
  for (const slider of spec.slider ?? []) {
    const x = Number(asked.get(`${name}.${slider.name}`) ?? NaN);
    if (x >= slider.low && x <= slider.high) state[slider.name] = x;
  }
  for (const choice of spec.choice ?? []) {
    const x = asked.get(`${name}.${choice.name}`);
    if (choice.options.some(([value]) => value === x)) state[choice.name] = x;
  }
  const {low, most} = spec.walk, free = {[spec.walk.name]: [low, most]};
  if (spec.longer) free.longer = [0, spec.longer];
  if (spec.button) free[spec.button.name] = spec.button.gives ? [low, most] : [1, 1e6];
  for (const [key, [least, last]] of Object.entries(free)) {
    const text = asked.get(`${name}.${key}`), x = Number(text);
    if (text && x >= least && x <= last) state[key] = x;
  }
  if (spec.longer && state.longer !== spec.longer) state.longer = state[spec.walk.name] > spec.walk.high ? spec.longer : 0;
  return state;
}

/** The state at first. */
export function first(spec) {
  const state = {};
  for (const {name, first} of [...spec.slider ?? [], ...spec.choice ?? []]) state[name] = first;
  state[spec.walk.name] = spec.walk.first;
  if (spec.longer) state.longer = 0;
  if (spec.button) state[spec.button.name] = spec.button.first ?? NaN;
  return state;
}

/** The query that brings this state back, with what other figures of the page have written there. */
export function query(name, state) {
  const asked = new URLSearchParams(location.search);
  for (const key of [...asked.keys()]) if (key.startsWith(`${name}.`)) asked.delete(key);
  for (const [key, x] of Object.entries(state)) if (typeof x === "string" || Number.isFinite(x)) asked.set(`${name}.${key}`, x);
  return `?${asked}`;
}
