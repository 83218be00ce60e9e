// Suggestions under the search box, as an ARIA combobox with a list box. Without this file the form works as it is.
const WAIT = 120; // ms after the last letter

for (const input of document.querySelectorAll("input[data-suggest]")) combobox(input);

function combobox(input) {
  const list = document.createElement("ul"), told = document.createElement("p");
  list.id = `${input.id}-list`;
  list.className = "completions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  told.className = "unseen";
  told.setAttribute("role", "status");
  const holder = document.createElement("span");
  holder.className = "holder";
  input.replaceWith(holder);
  holder.append(input, list);
  holder.closest("label").after(told);
  set(input, {role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false"});
  let waiting = 0, asking = null, active = -1, found = [];

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", keys);
  input.addEventListener("blur", () => setTimeout(close, 150)); // a click on the list comes first
  list.addEventListener("pointerdown", e => e.preventDefault());
  list.addEventListener("click", e => {
    const option = e.target.closest("[role=option]");
    e.preventDefault();
    if (option) take(found[Number(option.dataset.n)], true);
  });

  async function ask() {
    asking?.abort();
    const text = input.value.trim();
    if (text.length < 2) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text.slice(0, 200))}`, {signal: asking.signal});
      if (answer.ok && document.activeElement === input) show((await answer.json()).completions);
    } catch (problem) {
      if (problem.name !== "AbortError") close(); // the form itself still works
    }
  }

  function show(completions) {
    found = completions;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    told.textContent = found.length ? `${found.length} suggestions; arrow keys choose` : "no suggestion";
  }

  function option(one, n) {
    const item = document.createElement("li"), text = document.createElement("span"), note = document.createElement("span");
    item.id = `${list.id}-${n}`;
    item.dataset.n = n;
    set(item, {role: "option", "aria-selected": "false"});
    text.textContent = one.text;
    note.textContent = [one.kind, one.also].filter(Boolean).join(": ");
    note.className = "soft";
    item.append(text, note);
    return item;
  }

  function keys(e) {
    if (e.key === "Escape" && !list.hidden) { e.preventDefault(); close(); }
    else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (list.hidden) { if (e.key === "ArrowDown") ask(); return; }
      point((active + (e.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + found.length) % found.length);
    }
    else if (e.key === "Enter" && active >= 0) { e.preventDefault(); take(found[active], true); }
    else if (e.key === "Tab" && active >= 0) take(found[active], false);
  }

  function point(n) {
    for (const item of list.children) item.setAttribute("aria-selected", String(Number(item.dataset.n) === n));
    active = n;
    input.setAttribute("aria-activedescendant", `${list.id}-${n}`);
    list.children[n].scrollIntoView({block: "nearest"});
  }

  function take(one, go) {
    close();
    if (one.kind === "study") { if (go) location.assign(`/trials/${encodeURIComponent(one.text)}`); return; }
    input.value = one.text;
    if (go) input.form.requestSubmit();
  }

  function close() {
    clearTimeout(waiting);
    asking?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
