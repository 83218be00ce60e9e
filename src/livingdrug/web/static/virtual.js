// While a path is typed: what it means and what its value is now. The form is whole without this file.
const known = new Map([...document.querySelectorAll("#paths option")].map(o => [o.value, o.textContent]));
for (const row of document.querySelectorAll('[data-part="changes"] tbody tr')) {
  const path = row.querySelector("input"), about = row.querySelector('[data-part="about"]');
  path.addEventListener("input", () => {
    const typed = path.value.trim();
    about.textContent = known.get(typed) ?? (typed ? "no path of this model yet" : "");
  });
}
for (const field of document.querySelectorAll(".field.typed")) {
  const input = field.querySelector("input"), was = input.defaultValue, changed = field.classList.contains("changed");
  input.addEventListener("input", () => field.classList.toggle("changed", changed || input.value.trim() !== was));
}
