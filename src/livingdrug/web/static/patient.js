// One virtual patient, walked through day by day. The drawing is in the page; this lays a line over it and reads the day out.
import {joined} from "./figures/says.js";

const {days, lines, care, axes, rows, columns} = JSON.parse(document.getElementById("reading").textContent);
const part = name => document.querySelector(`[data-part="${name}"]`);
const slider = part("day"), reading = part("reading");
const plots = [...part("chart").querySelectorAll("svg.plot")];

const cursors = plots.map(plot => {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "cursor");
  line.setAttribute("y2", "100%");
  plot.append(line);
  return line;
});
const beside = rows.map((_, i) => {  // the day's values, above the first panel of each row
  const now = word("span", "");
  now.className = "now";
  plots[i*columns].closest(".panel").querySelector(".title").append(now);
  return now;
});

function word(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
const raised = text => [...text].map(c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
function number(x) {
  if (x === 0 || Math.abs(x) >= 1e-3 && Math.abs(x) < 1e6) return x.toLocaleString("en", {maximumSignificantDigits: 3});
  const [digits, power] = x.toExponential(1).split("e");
  return `${digits}\u00a0×\u00a010${raised(power.replace("+", ""))}`;
}
const day = x => `day ${x.toLocaleString("en", {maximumFractionDigits: 2})}`;

function look(index) {
  const now = days[index];
  cursors.forEach((line, i) => {
    const [low, high] = axes[i], at = 100*(now - low)/(high - low);
    line.style.display = at < 0 || at > 100 ? "none" : "";
    line.setAttribute("x1", `${at}%`);
    line.setAttribute("x2", `${at}%`);
  });
  const had = care.filter(c => c.day <= now + 1e-9), last = had.at(-1);
  const so_far = last ? `last: ${last.what}${last.much ? ` ${last.much}` : ""}, ${day(last.day)}` : "nothing given yet";
  const said = lines.map(({name, unit, values}) => values[index] === null ? "" : `${name} ${joined(number(values[index]), unit.replaceAll("/", "/\u2060"))}`);
  beside.forEach((text, i) => {
    text.textContent = i ? rows[i].map(j => said[j]).filter(Boolean).join(" · ") || "–" : so_far;
  });
  reading.replaceChildren(word("b", day(now)), word("span", so_far));
  slider.setAttribute("aria-valuetext", `${day(now)}: ${said.filter(Boolean).join(", ")}; ${so_far}`);
}

slider.max = days.length - 1;
slider.value = Math.max(days.findIndex(d => d >= 7), 0);
slider.addEventListener("input", () => look(slider.valueAsNumber));
for (const live of document.querySelectorAll("[data-live]")) live.hidden = false;
look(slider.valueAsNumber);
