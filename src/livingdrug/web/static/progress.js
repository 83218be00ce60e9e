// How far a run is, told by the server as it goes; at its end the page is fetched anew. Without this file one looks again.
const part = name => document.querySelector(`[data-part="${name}"]`);
const bar = part("bar"), says = part("says"), job = part("job");
const number = x => x.toLocaleString("en");

function told(run) {
  if (run.state === "waiting") return "Waiting for its turn";
  if (run.step === "running") return `${number(run.done)} of ${number(run.total)} patients followed`;
  return {compiling: "Making the model ready, once per model", report: "Writing the results"}[run.step] ?? "Begun";
}

function show(event) {
  const run = JSON.parse(event.data);
  if (["done", "failed", "cancelled"].includes(run.state)) {
    source.close();
    location.reload();
    return;
  }
  const words = told(run);
  if (says.textContent !== words) says.textContent = words;
  bar.max = run.total || 1;
  if (run.step === "running") bar.value = run.done; else bar.removeAttribute("value");
}

const source = new EventSource(job.dataset.events);
source.onmessage = show;
for (const name of ["job", "progress", "end"]) source.addEventListener(name, show);
part("again").hidden = true;
source.onerror = () => { part("again").hidden = false; };  // it asks again by itself; the link stands by
