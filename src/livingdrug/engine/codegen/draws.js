// ---- draws, the same numbers that every other engine draws: Philox4x32-10, keyed by the FNV-1a hash of "seed:what" ----

const keys = new Map();
function keyOf(text) {
  if (!keys.has(text)) {
    let key = 0xCBF29CE484222325n;
    for (const byte of new TextEncoder().encode(text)) key = ((key ^ BigInt(byte))*0x100000001B3n) & 0xFFFFFFFFFFFFFFFFn;
    keys.set(text, [Number(key & 0xFFFFFFFFn), Number(key >> 32n)]);
  }
  return keys.get(text);
}
const high = (a, b) => Math.floor(((a >>> 16)*b + Math.floor((a & 0xFFFF)*b/65536))/65536);  // upper 32 bits of the product
const low = (a, b) => Math.imul(a, b) >>> 0;

/** The draw in (0, 1) of a patient; what: the name of the quantity. */
export function uniform(seed, patient, what, occurrence = 0) {
  let [k0, k1] = keyOf(`${seed}:${what}`);
  let c0 = patient % 2**32, c1 = Math.floor(patient/2**32), c2 = occurrence % 2**32, c3 = Math.floor(occurrence/2**32);
  for (let round = 0; round < 10; round++) {
    const low0 = low(0xD2511F53, c0), high0 = high(0xD2511F53, c0), low1 = low(0xCD9E8D57, c2), high1 = high(0xCD9E8D57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9E3779B9) >>> 0;
    k1 = (k1 + 0xBB67AE85) >>> 0;
  }
  return (c0*2**20 + (c1 >>> 12) + 0.5)*2**-52;
}
