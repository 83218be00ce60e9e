"""The same hundred people of a trial for each of several trials: a module of its own for each, with its model, the
people's numbers and the doses that the protocol gives them. Asked for by a worker, once the trial is chosen.

The figures' files say which trials (`trials` of a choice). The same counts as `static/figures/trial-crowd.js`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.web import living

if TYPE_CHECKING:
    from livingdrug.model import Model
    from livingdrug.scenario import Arm

Floats = NDArray[np.float64]
TRIED = 2  # enrolled for each person wanted: some are lost before infusion
CROWD = 100


@dataclass(frozen=True)
class Crowd:
    """The first people of a trial who are infused. model: what a page needs of the whole one; values: by path (n,);
    doses (n, k, 4): day, input of the whole model, amount, duration; infusion: the input of the cells."""

    title: str
    whole: Model
    model: Model
    usual: Mapping[str, float]
    values: Mapping[str, Floats]
    doses: Floats
    infusion: str


@cache
def trials() -> tuple[str, ...]:
    """The trials that figures may choose."""
    files = sorted(living.folder().glob("*.toml"))
    choices = [c for file in files for c in tomllib.loads(file.read_text(encoding="utf-8")).get("choice", [])]
    return tuple(dict.fromkeys(value for c in choices if c.get("trials") for value, _ in c["options"]))


@cache
def crowd(trial: str) -> Crowd:
    """The people of a trial, as the library draws and doses them."""
    from livingdrug.cohort.covariates import middle
    from livingdrug.scenario.numbers import assembled
    from livingdrug.trial import Trial
    from livingdrug.trial.design import design
    from livingdrug.trial.enrolment import enrol

    arm: Arm = Trial(trial).resolved.arms[0]
    resolved = arm.resolved
    enrolled = enrol(arm, design(arm), np.arange(TRIED * CROWD, dtype=np.int64), living.asked()["seed"])
    given, whole = enrolled.patients.doses[:CROWD], resolved.model()
    used = {int(i) for i in given[np.isfinite(given[..., 0])][:, 1]}
    kept = {whole.inputs[i].rpartition(".")[0] for i in used}
    left_out = [
        r for r in resolved.modules if r.startswith("drug.") and r not in kept or r in living.asked()["without"]
    ]
    model = assembled(tuple((role, stem) for role, stem in resolved.modules.items() if role not in left_out))
    usual = {p: resolved.parameters[p].value for p in whole.parameters} | middle(resolved)
    paths = (*whole.parameters, *whole.covariates)
    values = {
        p: np.broadcast_to(np.asarray(enrolled.cohort.of(p), float), len(enrolled.infused))[:CROWD] for p in paths
    }
    return Crowd(resolved.title, whole, model, usual, values, given, str(whole.infusion))


def module(trial: str) -> str:
    """A trial's model and people as an ES module."""
    return living.kept_text(f"{trial}.js", lambda: _module(crowd(trial)))


def _module(found: Crowd) -> str:
    from livingdrug.engine.codegen.emit_javascript import write

    text = write(found.model, found.usual, found.title, seen=living.asked()["crowds"]["seen"])
    about = json.loads(text.split("export const model = ")[1].split(";\n", 1)[0])
    own = {p: [_short(x) for x in found.values[p]] for p in about["values"] if np.ptp(found.values[p]) > 0}
    doses = [
        [[_short(day), found.whole.inputs[int(into)], _short(much), _short(over)] for day, into, much, over in rows]
        for rows in (rows[np.isfinite(rows[:, 0])] for rows in found.doses)
    ]
    facts = {"count": len(found.doses), "own": own, "doses": doses, "infusion": found.infusion, "start": living.START}
    scales = {name: living.scale(name) for name in living.asked()["crowds"]["scales"]}
    return f"{text}\nexport const people = {_json(facts)};\nexport const scales = {_json(scales)};\n"


def _short(x: float) -> float:
    return float(f"{x:.{living.DIGITS}g}")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


# ---- what a figure asks for --------------------------------------------------------------------------------------


def courses(figure: Mapping[str, Any], state: Mapping[str, Any], at: Floats, seen: list[str]) -> dict[str, Floats]:
    """The courses (people, times) of the trial that the state names, by the engine that `livingdrug run` compiles."""
    from livingdrug.engine.plan import Patients, Plan
    from livingdrug.engine.run import simulate

    found = crowd(next(state[c["name"]] for c in figure["choice"] if c.get("trials")))
    values: dict[str, float | Floats] = dict(found.values)
    doses = found.doses.copy()
    for slider in figure["slider"]:
        for path in slider.get("scales", []):
            values[path] = values[path] * state[slider["name"]]
        if slider.get("doses"):
            doses[..., 2][doses[..., 1] == found.whole.inputs.index(found.infusion)] *= state[slider["name"]]
    n, hazards = len(doses), len(found.whole.hazards)
    plan = Plan(
        start=living.START,
        end=float(at[-1]),
        ticks=at,
        marks=np.zeros(len(at), np.int64),
        output=np.ones(len(at), bool),
        clone_ticks=np.zeros(len(at), bool),
        observables=tuple(seen),
        written=len(seen),
        rtol=1e-6,
        extinction=False,
    )
    patients = Patients(np.arange(n), values, np.zeros((n, 0)), doses, np.full((n, hazards), np.inf))
    shown = np.asarray(simulate(found.whole, plan, patients, threads=1).observables)
    return dict(zip(seen, np.moveaxis(shown, 2, 0)))
