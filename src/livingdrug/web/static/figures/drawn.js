// How a figure of curves is drawn, whatever works its lines out.
import {curve, fitted, percent, pointAt, scaled, stairs} from "./chart.js";
import {start} from "./frame.js";
import {indexAt, joined, measured, said, set} from "./says.js";
import {first} from "./state.js";

/** Starts it. `lines(spec, state, times)` gives the line of each panel; `without(spec, state)` the figure without its drug;
 * `extend(lines, spec, state, times)` adds lines that are worked out from others. */
export function drawn(name, {lines, without, extend}) {
  start(name, ({root, spec, state, $}) => {
    const step = spec.step ?? 0.25, end = spec.longer ?? spec.days[1];
    const times = Float64Array.from({length: Math.round((end - spec.days[0])/step) + 1}, (_, i) => spec.days[0] + i*step);
    const days = () => [spec.days[0], state.longer || spec.days[1]];
    const panels = spec.panel.map((panel, i) => {
      if (panel.hidden) return null;
      const svg = $(`panel-${panel.over ?? i}`), mine = svg.querySelector(`[data-line="${i}"]`);
      return {panel, svg, main: mine, faint: svg.querySelector(`[data-before="${i}"]`), care: svg.querySelector(".care"), up: spec.panel[panel.over ?? i].range};
    });
    const other = {usual: () => [spec, first(spec)], without: () => [without(spec, state), state]}[spec.compare];
    const course = (spec, state) => { const made = lines(spec, state, times); return extend ? extend(made, spec, state, times) : made; };

    function compute() {
      const now = course(spec, state), before = other ? course(...other()) : now;
      const result = {now, before, same: now.every((line, i) => line === before[i])};
      Object.defineProperty(result, "numbers", {get: () => measured(spec.measures, times, now.map(l => [...l]), before.map(l => [...l]))});
      return result;
    }
    function draw({now, before, same}) {
      const across = days();
      panels.forEach((p, i) => {
        if (!p) return;
        if (p.panel.over !== undefined) p.up = panels[p.panel.over].up;
        if (p.panel.tops) p.up = fitted(p.panel, p.svg, now[i], before[i]);
        p.main.setAttribute("d", path(p, now[i], across, ends(state)));
        p.faint?.setAttribute("d", same ? "" : path(p, before[i], across, ends(first(spec))));
        if (p.care) care(p.care, across);
      });
      for (const tick of root.querySelectorAll("[data-day]")) {
        const day = Number(tick.dataset.day);
        tick.toggleAttribute("hidden", day > across[1]);
        tick.setAttribute("x", percent(day, across));
      }
    }
    const thin = spec.thin ? xs => xs.filter((_, i) => i % spec.thin === 0) : xs => xs, thinned = thin(times);
    const ends = state => state[spec.along?.most];  // [day] of a line: what is made is done by then
    const path = ({panel, up}, ys, across, last) => panel.scale ? curve(...stairs(times, ys), across, up) : curve(thinned, thin(scaled(panel, ys)), across, up, last);
    function care(line, across) {
      const day = spec.button ? state[spec.button.name] : state[spec.slider.find(s => s.day_of).name], on = Number.isFinite(day);
      const where = percent(on ? day : 0, across), label = line.parentElement.querySelector(".label");
      line.setAttribute("x1", where);
      line.setAttribute("x2", where);
      line.toggleAttribute("hidden", !on);
      if (!label) return;
      const late = on && day > across[0] + 0.6*(across[1] - across[0]);
      label.textContent = on ? spec.label.replace(/\{(\w+)\}/g, (_, key) => state[key]) : "";
      label.setAttribute("x", where);
      label.setAttribute("dx", late ? -6 : 6);
      label.setAttribute("class", `label ${late ? "end" : "start"}`);
    }
    const words = ({panel}, value) => `${panel.short ? `${panel.short} ` : ""}${joined(said(value, panel.digits), panel.unit)}`;
    function look({now}) {
      const i = indexAt(times, state.day), across = days();
      const values = panels.map((p, j) => {
        if (!p) return null;
        if (p.panel.over === undefined) pointAt(p.svg, state.day, across, scaled(p.panel, [now[j][i]])[0], p.up);
        return words(p, now[j][i]);
      }).filter(text => text !== null);
      return {at: `Day ${set(state.day)}`, values, words: values.join(", ")};
    }
    const columns = ({now, before}) => other ? [...now, ...before] : [...now];
    const digits = [...spec.panel, ...(other ? spec.panel : [])].map(p => p.digits);
    function table(result) {
      return spec.rows.map(day => [set(day), ...columns(result).map((line, c) => said(line[indexAt(times, day)], digits[c]))]);
    }
    function csv(result) {
      const names = spec.panel.map(p => `"${p.name}"`), all = columns(result);
      return `day,${[...names, ...(other ? spec.panel.map(p => `"${spec.other}: ${p.name}"`) : [])].join(",")}\n`
        + [...times].map((t, i) => [t, ...all.map(line => Number(line[i].toPrecision(6)))].join(",")).join("\n") + "\n";
    }
    const plots = () => panels.flatMap((p, i) => p && p.panel.over === undefined ? [{name: p.panel.name, svg: p.svg}] : []);
    const press = () => { state[spec.button.name] = Number.isFinite(state[spec.button.name]) ? NaN : state.day; };
    /** The browser compiles what runs often: some courses ahead, while nobody waits. */
    const warm = () => { let left = 30; const idle = self.requestIdleCallback ?? setTimeout; const next = () => { if (!left--) return; lines(spec, {...state, [spec.slider[0].name]: state[spec.slider[0].name]*(1 + left/1e4)}, times); idle(next); }; idle(next); };
    return {compute, draw, look, table, csv, plots, press, warm};
  });
}
