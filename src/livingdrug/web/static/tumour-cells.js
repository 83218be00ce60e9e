// A tumour cell by cell, in depth: drawn on a canvas, turned by dragging or with the arrow keys, at a few moments.
// The data are those of `livingdrug agents run --view`.

const COLOURS = [[143, 192, 224], [29, 106, 158], [150, 160, 155], [214, 117, 15]];  // by kind
const EDGE = "rgba(23, 34, 31, 0.35)";
const CELL = 8.4;  // um, radius
const TURN = 0.12;  // radians, of an arrow key
const ROOM = 2.8;  // the picture is so many times as wide as the tumour's radius
const FARTHEST = 2.2;  // the eye stands so many sides of the cube away

/** Places [um] (x, y, z, x, ...) and kinds of a moment. */
export function unpacked({cells}, side, bits) {
  const text = atob(cells), many = text.length/4, steps = 2**bits;
  const places = new Float32Array(3*many), kinds = new Uint8Array(many);
  for (let i = 0; i < many; i++) {
    let word = 0;
    for (let b = 3; b >= 0; b--) word = word*256 + text.charCodeAt(4*i + b);
    for (let a = 0; a < 3; a++) {
      places[3*i + a] = ((word%steps + 0.5)/steps - 0.5)*side;
      word = Math.floor(word/steps);
    }
    kinds[i] = word;
  }
  return {places, kinds};
}

/** Cells as they lie before the eye, the farthest first: [x, y, depth, kind], in um; cut: without a quarter of the ball. */
export function seen({places, kinds}, across, up, cut) {
  const [ca, sa, cu, su] = [Math.cos(across), Math.sin(across), Math.cos(up), Math.sin(up)];
  const found = [];
  for (let i = 0; i < kinds.length; i++) {
    const x = places[3*i], y = places[3*i + 1], z = places[3*i + 2];
    if (cut && x > 0 && z > 0) continue;
    const turned = ca*x + sa*z, away = ca*z - sa*x;
    found.push([turned, cu*y - su*away, su*y + cu*away, kinds[i]]);
  }
  return found.sort((a, b) => a[2] - b[2]);
}

/** Distance of the farthest tumour cell from the middle [um]. */
export function reach({places, kinds}) {
  let most = 0;
  for (let i = 0; i < kinds.length; i++) if (kinds[i] < 3) most = Math.max(most, Math.hypot(...places.subarray(3*i, 3*i + 3)));
  return most;
}

/** How many of each kind there are. */
export function counted({kinds}, of) {
  const found = of.map(() => 0);
  for (const k of kinds) found[k]++;
  return found;
}

/** What is seen, in words. */
export function said(moment, data) {
  const many = counted(moment, data.kinds);
  const named = data.kinds.map((name, k) => `${many[k].toLocaleString("en")} ${name}`).filter((_, k) => many[k] > 0);
  return `Day ${moment.day}: ${named.join(", ")}.`;
}

/** Draws cells on a canvas; near: how wide the picture is [um]. */
export function draw(canvas, moment, side, {across, up, cut, near}) {
  const pen = canvas.getContext("2d"), size = canvas.width, scale = size/near, eye = FARTHEST*side;
  pen.clearRect(0, 0, size, canvas.height);
  pen.strokeStyle = EDGE;
  pen.lineWidth = Math.max(0.5, size/1200);
  for (const [x, y, depth, kind] of seen(moment, across, up, cut)) {
    const by = eye/(eye - depth), light = Math.min(Math.max(0.82 + 0.5*depth/near, 0.45), 1.1);
    pen.fillStyle = `rgb(${COLOURS[kind].map(c => Math.min(255, Math.round(c*light))).join(" ")})`;
    pen.beginPath();
    pen.arc(size/2 + x*by*scale, canvas.height/2 - y*by*scale, CELL*by*scale, 0, 2*Math.PI);
    pen.fill();
    pen.stroke();
  }
}

/** Puts the view into an element: canvas, a slider of moments, a choice to look inside, and the words for it. */
export function show(element, data) {
  const moments = data.moments.map(m => ({day: m.day, ...unpacked(m, data.side, data.bits)}));
  const near = Math.min(data.side, ROOM*Math.max(...moments.map(reach)));
  const state = {across: -0.6, up: 0.35, cut: true, near, at: 0};
  const make = (name, given) => Object.assign(document.createElement(name), given);
  const canvas = make("canvas", {width: 900, height: 900, tabIndex: 0});
  canvas.setAttribute("role", "img");
  canvas.style.cssText = "width: 100%; max-width: 34rem; touch-action: none; cursor: grab; display: block";
  const slider = make("input", {type: "range", min: 0, max: moments.length - 1, step: 1, value: 0});
  const inside = make("input", {type: "checkbox", checked: true});
  const words = make("p", {});
  words.setAttribute("aria-live", "polite");
  const labelled = (text, input) => {
    const label = make("label", {});
    label.append(input, ` ${text} `);
    return label;
  };
  const key = make("p", {});
  data.kinds.forEach((name, k) => {
    const dot = make("span", {});
    dot.style.cssText = `display: inline-block; width: 0.8em; height: 0.8em; border-radius: 50%; background: rgb(${COLOURS[k].join(" ")})`;
    key.append(dot, ` ${name}   `);
  });
  element.append(canvas, key, labelled("day", slider), labelled("cut open", inside), words);

  let waiting = false;
  const again = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw(canvas, moments[state.at], data.side, state);
    });
  };
  const tell = () => {
    words.textContent = said(moments[state.at], data);
    canvas.setAttribute("aria-label", `${data.title}. ${words.textContent} Arrow keys turn it.`);
    again();
  };
  slider.addEventListener("input", () => { state.at = Number(slider.value); tell(); });
  inside.addEventListener("change", () => { state.cut = inside.checked; again(); });
  canvas.addEventListener("pointerdown", e => canvas.setPointerCapture(e.pointerId));
  canvas.addEventListener("pointermove", e => {
    if (!canvas.hasPointerCapture(e.pointerId)) return;
    state.across += e.movementX/150;
    state.up = Math.min(Math.max(state.up + e.movementY/150, -1.5), 1.5);
    again();
  });
  canvas.addEventListener("keydown", e => {
    const [a, u] = {ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN]}[e.key] ?? [0, 0];
    if (!a && !u) return;
    e.preventDefault();
    state.across += a;
    state.up = Math.min(Math.max(state.up + u, -1.5), 1.5);
    again();
  });
  tell();
  return state;
}
