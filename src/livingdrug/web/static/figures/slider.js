// A slider and its number box: one field, one label, one number of the state. A bad number shows what is allowed, and the
// last good state stays.

const STEPS = 200;  // of a slider that goes in equal ratios

/** Binds a field; returns what shows the state again. `then` is called after each change. */
export function bind(root, spec, state, then) {
  const part = what => root.querySelector(`[data-part="${spec.name}-${what}"]`);
  const range = part("slider"), box = part("box"), wrong = part("wrong"), {name, low, high, log, unit} = spec;
  const to = x => log ? Math.round(STEPS*Math.log(x/low)/Math.log(high/low)) : x;
  const from = s => {
    if (!log) return Number(s.toPrecision(12));
    const x = s <= 0 ? low : s >= STEPS ? high : low*(high/low)**(s/STEPS);
    return spec.whole && x < 10 ? Math.round(x) : Number(x.toPrecision(2));
  };
  const show = () => {
    range.value = to(state[name]);
    range.setAttribute("aria-valuetext", `${box.value = state[name]} ${unit}`);
    good(true);
  };
  const good = is => {
    wrong.hidden = is;
    if (is) box.removeAttribute("aria-invalid"); else box.setAttribute("aria-invalid", "true");
  };
  range.addEventListener("input", () => {
    state[name] = from(range.valueAsNumber);
    box.value = state[name];
    range.setAttribute("aria-valuetext", `${state[name]} ${unit}`);
    good(true);
    then();
  });
  box.addEventListener("input", () => {
    const x = box.valueAsNumber, is = x >= low && x <= high && !(spec.whole && x % 1);
    good(is);
    if (!is) return;
    state[name] = x;
    range.value = to(x);
    range.setAttribute("aria-valuetext", `${x} ${unit}`);
    then();
  });
  return show;
}

/** Binds the answers of a choice. */
export function choose(root, {name}, state, then) {
  const answers = [...root.querySelectorAll(`[data-choice="${name}"]`)];
  for (const answer of answers) answer.addEventListener("change", () => { state[name] = answer.value; then(); });
  return () => { for (const answer of answers) answer.checked = answer.value === state[name]; };
}
