// Antigen loss and relapse: whether a clone of few cells dies out, by the birth-death process along the model's course.
import * as therapy from "../models/therapy.js";
import {curves} from "./curves.js";

/** Survivors' mean and the chance of having died out, from the mean of the clone and its births. */
function last(made, spec, state, times) {
  if (made.length === 3 && made.done) return made;
  const mean = made.found["tumour.negative"], start = mean[0], births = state.growth + state.turnover;
  const survivors = new Float64Array(times.length), extinct = new Float64Array(times.length);
  let sum = 0, before = 1;
  times.forEach((t, i) => {
    const loss = start/Math.max(mean[i], 1e-300);  // exp of the net loss so far
    if (i) sum += births*0.5*(loss + before)*(t - times[i - 1]);
    before = loss;
    const gone = (1 - 1/(loss + sum))**state.cells;
    extinct[i] = 100*gone;
    survivors[i] = gone < 1 - 1e-12 ? mean[i]/(1 - gone) : NaN;
  });
  made[1] = survivors;
  made[2] = extinct;
  made.done = true;
  return made;
}

curves("relapse", therapy, {extend: last});
