"""One patient again, on the same compiled path, with the whole course on a fine grid and the story of what
happened.

Extra output ticks change nothing: steps, draws and rules do not look at them, so the course is bitwise that of the
run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.engine.plan import Floats, Outcome, Output, Patients, Plan, Register

if TYPE_CHECKING:
    from livingdrug.engine.cache import Program
    from livingdrug.model import Model


@dataclass(frozen=True)
class Happening:
    """Something that happened to a patient on a day."""

    day: float
    what: str


@dataclass(frozen=True)
class Trace:
    """A patient's course: times (t,) [day], values (t, names), what happened in order, and the output of the run."""

    times: Floats
    names: tuple[str, ...]
    values: Floats
    story: tuple[Happening, ...]
    output: Output

    def __getitem__(self, name: str) -> Floats:
        return self.values[:, self.names.index(name)]

    def __repr__(self) -> str:
        return "\n".join(f"day {h.day:8.2f}  {h.what}" for h in self.story)


def one(patients: Patients, i: int) -> Patients:
    """Patient number i of a block, alone."""
    return Patients(
        patients.ids[i : i + 1],
        {p: np.asarray(x)[i : i + 1] if np.ndim(x) else x for p, x in patients.values.items()},
        patients.extras[i : i + 1],
        patients.doses[i : i + 1],
        patients.thresholds[i : i + 1],
        patients.seed,
    )


def replay(
    model: Model, plan: Plan, patients: Patients, i: int, grid: float = 0.05, program: Program | None = None
) -> Trace:
    """Runs patient number i of the block again, seen every `grid` days."""
    from livingdrug.engine import cache
    from livingdrug.engine.run import simulate

    program = program or cache.load(model)
    names = (
        *plan.observables,
        *(p for p in (*model.states, *program.kernel.OBSERVABLE_PATHS) if p not in plan.observables),
    )
    alone = one(patients, i)
    ticks = np.union1d(plan.ticks, np.arange(plan.start, plan.end, grid))
    old = np.isin(ticks, plan.ticks)

    def spread(flags: np.ndarray) -> np.ndarray:
        out = np.zeros(len(ticks), flags.dtype)
        out[old] = flags
        return out

    finer = replace(
        plan,
        ticks=ticks,
        marks=spread(np.asarray(plan.marks)),
        clone_ticks=spread(np.asarray(plan.clone_ticks)),
        output=np.ones(len(ticks), bool),
        observables=names,
        written=len(names),
    )
    out = simulate(model, finer, alone, threads=1, program=program)
    lived = ticks <= out.ended[0]
    return Trace(ticks[lived], names, out.observables[0, lived], tuple(_story(model, plan, alone, out)), out)


def _story(model: Model, plan: Plan, alone: Patients, out: Output) -> list[Happening]:
    """What happened, in order of time."""
    ended = float(out.ended[0])
    found = [Happening(plan.start, "follow-up begins")]
    for why, rows in (("as planned", alone.doses[0]), ("by a rule", out.given[0])):
        for day, i, amount, duration in rows:
            if day <= ended:
                path = model.inputs[int(i)]
                unit = model.unit(path) if path in model.entries else ""
                over = f" over {24 * duration:g} h" if duration else ""
                found.append(Happening(day, f"{path}: {amount:g} {unit}".rstrip() + f"{over} ({why})"))
    for k, watch in enumerate(plan.watches):
        first, last, count = (out.registers[0, k, r] for r in (Register.FIRST, Register.LAST, Register.COUNT))
        if np.isfinite(first):
            found.append(
                Happening(
                    float(first), f"'{watch.name}' is true for the first time ({count:g} times until day {last:g})"
                )
            )
    for path, day in zip(model.hazards, out.event_times[0]):
        if np.isfinite(day):
            found.append(Happening(float(day), f"{path} happens"))
    for path, day in zip(model.clones, out.extinct[0]):
        if np.isfinite(day):
            found.append(Happening(float(day), f"{path}: the last cell is gone"))
    found.append(Happening(ended, f"follow-up ends: {Outcome(int(out.outcome[0])).name.lower().replace('_', ' ')}"))
    return sorted(found, key=lambda h: h.day)
