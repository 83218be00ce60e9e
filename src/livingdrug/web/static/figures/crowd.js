// A worker: what becomes of a hundred people, so that no slider waits for them. In a fixed order, so that each dot is one
// person at every setting.
import * as made from "../models/therapy.js";
import {courses} from "./course.js";
import {person} from "./people.js";

const {model, simulate, therapy} = made, {ask, graded, reads} = courses(made);
const TURN = 12;  // ms after which what is known is sent
const people = [];
let order = [], newest = 0;

/** What is counted, by name: what it looks at, and each person's group (0 is the worst) and further yes or no. */
const COUNTS = {
  remission: {
    seen: () => ["tumour.blasts"],
    of: found => {
      const left = found["tumour.blasts"].at(-1), limit = path => therapy.limits[path];
      return {group: left < limit("assay.marrow.mrd_limit") ? 0 : left < limit("assay.marrow.relapse_above") ? 1 : 2, more: []};
    },
  },
  release: {
    seen: () => [...reads("astct"), ...reads("icans")],
    of: found => {
      const worst = Math.max(...graded("astct", found)), mind = Math.max(...graded("icans", found));
      return {group: worst >= 3 ? 0 : worst >= 1 ? 1 : 2, more: [mind >= 1, mind >= 3]};
    },
  },
};
async function count({token, spec, state}) {
  const {seen, of} = COUNTS[spec.counts], paths = [...new Set(seen())], times = Float64Array.from({length: Math.round(spec.days[1]/spec.step) + 1}, (_, i) => i*spec.step);
  let groups = [], mores = [], from = 0, turn = performance.now();
  for (const [place, i] of order.entries()) {
    const {found: own, body} = people[i] ??= person(i);
    const asked = ask(spec, state, {...own, ...body});
    for (const path of Object.keys(asked.values)) if (!(path in model.values)) delete asked.values[path];
    const {group, more} = of(simulate({...asked, times, seen: paths, rtol: 1e-4}));
    groups.push(group);
    mores.push(more);
    if (performance.now() - turn < TURN && place > 0 && place < order.length - 1) continue;
    postMessage({token, from, groups, mores});
    from = place + 1;
    groups = [];
    mores = [];
    await new Promise(done => setTimeout(done));  // a newer question may have come
    if (token !== newest) return;
    turn = performance.now();
  }
}

onmessage = ({data}) => {
  order = data.order;
  newest = data.token;
  count(data);
};
