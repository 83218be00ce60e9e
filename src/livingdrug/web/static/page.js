// What every page does beyond being a document: a theme that is asked for, words explained where they stand, the part
// of the page that is being read marked in its contents, and what scrolls inside itself seen to go on. The page is whole
// without this file.

const GAP = 8;            // [px] between a word and its explanation
const SMALL = 640;        // [px] below this width an explanation is a sheet at the foot of the screen: page.css places it
const LINGER = 250;       // [ms] in which the pointer may travel from a word to its explanation
const READ_AT = 1 / 3;    // of the window's height: the heading above this line is being read

theme(new URLSearchParams(location.search).get("theme"));
explainWords([...document.querySelectorAll("a.word")]);
markContents([...document.querySelectorAll(".contents a[href^='#']")]);
showEdges(document.querySelectorAll(".scroll, .math, pre"));

/** Overrules the system's theme; anything but "light" or "dark" leaves it. */
function theme(asked) {
  if (asked === "light" || asked === "dark") document.documentElement.classList.add(asked);
}

/** Shows the entry of the word list beside a word on hover, focus or tap; Escape closes it. */
function explainWords(words) {
  if (!words.length) return;
  const hint = Object.assign(document.createElement("div"), {className: "hint", id: "hint", popover: "manual"});
  hint.setAttribute("role", "tooltip");
  document.body.append(hint);
  let shown = null, leaving = 0;

  const show = word => {
    clearTimeout(leaving);
    const entry = document.getElementById(word.hash.slice(1));
    if (shown === word || !entry) return;
    hide();
    hint.textContent = entry.nextElementSibling.textContent;
    hint.showPopover();
    word.setAttribute("aria-describedby", hint.id);
    shown = word;
    place();
  };
  const place = () => {
    if (!shown || innerWidth < SMALL) return;
    const word = shown.getClientRects()[0], box = hint.getBoundingClientRect();
    const below = word.bottom + GAP + box.height <= innerHeight;
    hint.style.left = `${Math.max(0, Math.min(word.left, innerWidth - box.width - 2 * GAP))}px`;
    hint.style.top = `${below ? word.bottom + GAP : word.top - box.height - GAP}px`;
  };
  const hide = () => {
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    hint.hidePopover();
    hint.style.left = hint.style.top = "";
  };
  const stay = () => clearTimeout(leaving);
  const leave = () => { stay(); leaving = setTimeout(hide, LINGER); };

  for (const word of words) {
    word.addEventListener("pointerenter", e => { if (e.pointerType === "mouse") show(word); });
    word.addEventListener("pointerleave", leave);
    word.addEventListener("focus", () => show(word));
    word.addEventListener("blur", hide);
    word.addEventListener("click", e => {
      if (matchMedia("(hover: none)").matches) { e.preventDefault(); show(word); }
    });
  }
  hint.addEventListener("pointerenter", stay);
  hint.addEventListener("pointerleave", leave);
  addEventListener("keydown", e => { if (e.key === "Escape") hide(); });
  addEventListener("scroll", place, {passive: true});  // not hide: the Tab key scrolls, too
}

/** Marks in the contents the heading that is being read. */
function markContents(links) {
  const heads = links.map(a => document.getElementById(a.hash.slice(1)));
  if (!heads.some(Boolean)) return;
  let waiting = false;
  const mark = () => {
    waiting = false;
    const now = heads.findLastIndex(h => h && h.getBoundingClientRect().top < innerHeight * READ_AT);
    links.forEach((a, i) => {
      if (i === now) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    });
  };
  addEventListener("scroll", () => {
    if (!waiting) { waiting = true; requestAnimationFrame(mark); }
  }, {passive: true});
  mark();
}

/** Fades the edges beyond which a table, an equation or a text goes on. */
function showEdges(all) {
  const look = e => {
    const {scrollLeft: x, scrollTop: y, clientWidth: wide, clientHeight: high, scrollWidth, scrollHeight} = e;
    const beyond = {"to-left": x > 1, "to-right": x + wide < scrollWidth - 1, "to-below": y + high < scrollHeight - 1};
    e.classList.toggle("goes-on", Object.values(beyond).some(Boolean));
    for (const [side, is] of Object.entries(beyond)) e.classList.toggle(side, is);
  };
  const sizes = new ResizeObserver(found => { for (const {target} of found) look(target); });
  for (const e of all) {
    sizes.observe(e);
    e.addEventListener("scroll", () => look(e), {passive: true});
  }
}
