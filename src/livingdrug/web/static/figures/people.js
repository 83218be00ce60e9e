// The hundred people: the same that the library draws (seed, number, name of each quantity).
import {people} from "../models/people.js";
import {uniform} from "../models/draws.js";
import {model} from "../models/therapy.js";

const EDGE = 3.167124183311986e-05;  // nobody is drawn beyond four standard deviations
const MOST = 50;  // largest exponent

/** The numbers of person i that differ from the typical patient's, by path, and the body. */
export function person(i) {
  const own = {};
  for (const name of Object.keys(people.own)) own[name] = people.own[name][i];
  const found = {};
  for (const name of people.given) if (name in model.values) found[name] = own[name];
  for (const [path, row] of Object.entries(people.variability)) if (path in model.values) found[path] = drawn(path, row, i, own);
  return {found, body: {weight: own.weight, bsa: own.bsa}};
}

function drawn(path, {distribution, sd, low, high, loadings}, i, own) {
  const middle = model.values[path].value, z = () => uniform(people.seed, i, path);
  if (distribution === "uniform") return low + (high - low)*z();
  let shift = sd ? sd*quantile(EDGE + z()*(1 - 2*EDGE)) : 0;
  for (const [name, weight] of Object.entries(loadings ?? {})) shift += weight*own[name];
  if (distribution === "logit-normal") return logit(middle, shift, low ?? 0, high ?? 1);
  const x = distribution === "normal" ? middle + shift : middle*Math.exp(Math.min(Math.max(shift, -MOST), MOST));
  return Math.min(Math.max(x, low ?? -Infinity), high ?? Infinity);
}

function logit(middle, shift, low, high) {
  if (middle === low || middle === high) return middle;
  const share = (middle - low)/(high - low), centre = Math.log(share/(1 - share));
  return low + (high - low)/(1 + Math.exp(-Math.min(Math.max(centre + shift, -MOST), MOST)));
}

/** Quantile of the standard normal distribution: a rational start and two Halley steps. */
export function quantile(p) {
  const q = p - 0.5, r = Math.sqrt(-2*Math.log(Math.min(p, 1 - p)));
  let x = Math.sign(q)*(r - (2.515517 + r*(0.802853 + r*0.010328))/(1 + r*(1.432788 + r*(0.189269 + r*0.001308))));
  for (let k = 0; k < 2; k++) {
    const u = (normal(x) - p)*Math.sqrt(2*Math.PI)*Math.exp(x*x/2);
    x -= u/(1 + x*u/2);
  }
  return x;
}

/** The standard normal distribution: a series near the middle, a continued fraction in the tails. */
function normal(x) {
  const a = Math.abs(x), bell = Math.exp(-a*a/2)/Math.sqrt(2*Math.PI);
  if (a < 3) {
    let sum = a, term = a;
    for (let n = 1; n < 60; n++) sum += term *= a*a/(2*n + 1);
    return 0.5 + Math.sign(x)*sum*bell;
  }
  let f = 0;
  for (let n = 60; n > 0; n--) f = n/(a + f);
  return x < 0 ? bell/(a + f) : 1 - bell/(a + f);
}
