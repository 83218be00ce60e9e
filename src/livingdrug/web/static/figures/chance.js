// The exact interval of a share, and draws for virtual trials.
import {uniform} from "../models/draws.js";

/** log of the gamma function (Lanczos). */
const G = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
function logGamma(x) {
  const t = x + 6.5;
  return 0.9189385332046727 + (x - 0.5)*Math.log(t) - t + Math.log(G.reduce((sum, g, i) => sum + g/(x + i), 0.99999999999980993));
}

const logBeta = (a, b) => logGamma(a) + logGamma(b) - logGamma(a + b);

/** The incomplete beta function I_x(a, b), by its continued fraction; whole: the logarithm of the beta function. */
export function beta(x, a, b, whole = logBeta(a, b)) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1)/(a + b + 2)) return 1 - beta(1 - x, b, a, whole);
  const front = Math.exp(a*Math.log(x) + b*Math.log(1 - x) - whole)/a, least = 1e-300;
  let c = 1, d = 1/(Math.abs(1 - (a + b)*x/(a + 1)) < least ? least : 1 - (a + b)*x/(a + 1)), h = d;
  for (let m = 1; m < 300; m++) {
    for (const numerator of [m*(b - m)*x/((a + 2*m - 1)*(a + 2*m)), -(a + m)*(a + b + m)*x/((a + 2*m)*(a + 2*m + 1))]) {
      d = 1 + numerator*d;
      c = 1 + numerator/c;
      d = 1/(Math.abs(d) < least ? least : d);
      if (Math.abs(c) < least) c = least;
      h *= d*c;
    }
    if (Math.abs(d*c - 1) < 1e-14) break;
  }
  return front*h;
}

/** The exact 95 % interval (Clopper and Pearson) of k in n, as shares. */
export function interval(k, n, tail = 0.025) {
  return [k === 0 ? 0 : quantile(tail, k, n - k + 1), k === n ? 1 : quantile(1 - tail, k + 1, n - k)];
}

/** Where the incomplete beta function comes to `share`: Newton's steps, halved where they would leave the bracket. */
function quantile(share, a, b) {
  const whole = logBeta(a, b);
  let low = 0, high = 1, x = a/(a + b);
  for (let i = 0; i < 60; i++) {
    const over = beta(x, a, b, whole) - share;
    if (over < 0) low = x; else high = x;
    const next = x - over/Math.exp((a - 1)*Math.log(x) + (b - 1)*Math.log(1 - x) - whole);
    const then = next > low && next < high ? next : (low + high)/2;
    if (Math.abs(then - x) < 1e-12) return then;
    x = then;
  }
  return x;
}

const drawn = new Map();

/** How many of n answer in virtual trial t: one draw for each person, the same ones at every share and size. */
export function answers(n, share, draw, t) {
  const name = `${draw} ${t}`;
  if (!drawn.has(name)) {
    if (drawn.size > 400) drawn.clear();
    drawn.set(name, []);
  }
  const own = drawn.get(name);
  while (own.length < n) own.push(uniform(draw, own.length, `trial ${t}`));
  let k = 0;
  for (let i = 0; i < n; i++) k += own[i] < share;
  return k;
}

export {uniform};
