// A figure that needs much asks for it when it comes near: a window's height before it is seen, or when a key goes to it.
// Until then it stands drawn and takes its room, what is pressed too.

/**
 * Calls `begin` once the figure of this name is near; it may ask for files. Where that fails, its still stays, and nothing
 * to press. `live(is)`: what else than its [data-live] parts the keys reach then.
 */
export function whenNear(name, begin, live = () => {}) {
  const root = globalThis.document?.getElementById(name);
  if (!root) return;
  const show = is => {
    for (const part of root.querySelectorAll("[data-live]")) part.hidden = !is;
    live(is);
  };
  const near = new IntersectionObserver(async seen => {
    if (!seen.some(e => e.isIntersecting)) return;
    near.disconnect();
    try { await begin(); } catch { show(false); }
  }, {rootMargin: "100%"});
  show(true);
  near.observe(root);
}
