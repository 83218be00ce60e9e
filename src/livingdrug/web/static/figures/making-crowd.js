// A worker: who of a hundred people reaches the infusion. The same rules as before_infusion.py, with one lot for each.
import {constants, means} from "../models/making.js";
import {people} from "../models/making-people.js";
import {asked} from "./making.js";

/** A person's group (0: the disease took them out, 1: something else did, 2: infused), and: died waiting, no lot. */
function fate(spec, state, i) {
  const own = {};
  for (const path of Object.keys(people.own)) own[path] = people.own[path][i];
  const found = constants(asked(spec, state, own)), of = word => found[means[word]];
  const usable = of("usable") > 0, disease = of("disease_day"), other = of("other_day");
  const dropped = Math.min(disease, other) < (usable ? of("days") : of("tested")), ill = dropped && disease <= other;
  return {group: ill ? 0 : dropped || !usable ? 1 : 2, more: [ill && of("dying") > 0, !dropped && !usable]};
}

onmessage = ({data: {token, order, spec, state}}) => {
  const fates = order.map(i => fate(spec, state, i));
  postMessage({token, from: 0, groups: fates.map(f => f.group), mores: fates.map(f => f.more)});
};
