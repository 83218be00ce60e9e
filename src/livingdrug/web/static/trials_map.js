// A walk over the towns of the map with one slider: arrows a town, Page keys ten. The list below has the same numbers.
const part = name => document.querySelector(`[data-part="${name}"]`);
const walk = part("walk"), told = part("town"), here = part("here"), towns = part("towns");

if (walk && towns) {
  const all = [...towns.children];
  walk.closest("[data-live]").hidden = false;
  walk.addEventListener("input", show);
  walk.addEventListener("focus", show);
  told.textContent = all[0].textContent;
  walk.setAttribute("aria-valuetext", all[0].textContent);
  for (const [n, dot] of [...document.querySelectorAll(".atlas-map circle:not([data-part])")].reverse().entries()) {
    dot.addEventListener("pointerenter", () => { walk.value = n + 1; show(); });
  }

  function show() {
    const town = all[Number(walk.value) - 1];
    told.textContent = town.textContent;
    walk.setAttribute("aria-valuetext", town.textContent);
    here.setAttribute("cx", `${town.dataset.x}%`);
    here.setAttribute("cy", `${town.dataset.y}%`);
    here.setAttribute("r", Number(town.dataset.r) + 5);
  }
}
