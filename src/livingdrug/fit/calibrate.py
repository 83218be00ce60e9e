"""The fit: least squares on the fast engine, same patients in every evaluation, two starts, judged on new patients."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.fit.descend import End, descend, loss
from livingdrug.fit.plausible import SETS, Draw, draws, within
from livingdrug.fit.targets import Fit, earlier, read, simulated, with_values
from livingdrug.fit.writing import write_back, write_ensemble
from livingdrug.scenario import Resolved
from livingdrug.scenario.plausible import plausible

JUDGES = 2_000  # new patients on whom the fit is judged


@dataclass(frozen=True)
class Calibration:
    """What a fit found.

    values, start (free,); losses: loss of each start's end on the fitted patients; judged: loss on new patients;
    measures: on new patients; eigenvalues (free,): squared target tolerances per squared e-fold, largest first;
    ensemble: plausible sets of values around the fit.
    """

    fit: Fit
    start: np.ndarray
    values: np.ndarray
    others: tuple[np.ndarray, ...]
    losses: tuple[float, ...]
    judged: float
    measures: dict[str, float]
    eigenvalues: np.ndarray
    evaluations: int
    seconds: float
    ensemble: tuple[Draw, ...] = ()
    written: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        d = self.fit.distances(self.measures)
        return {
            "name": self.fit.name,
            "free": len(self.fit.free),
            "targets": len(self.fit.targets),
            "patients": self.fit.patients,
            "values": [
                {
                    "name": f.name,
                    "start": float(a),
                    "value": float(b),
                    "other_starts": [float(o[i]) for o in self.others],
                }
                for i, (f, a, b) in enumerate(zip(self.fit.free, self.start, self.values, strict=True))
            ],
            "measures": [
                {
                    "measure": t.measure,
                    "published": t.value,
                    "simulated": float(self.measures[t.measure]),
                    "tolerances_away": float(x),
                }
                for t, x in zip(self.fit.targets, d, strict=True)
            ],
            "losses": list(self.losses),
            "loss_on_new_patients": self.judged,
            "eigenvalues": [float(x) for x in self.eigenvalues],
            "informed": int((self.eigenvalues > 4).sum()),
            "ensemble": {
                "within": within(len(self.fit.free)),
                "losses": [d.loss for d in self.ensemble],
                "kept": [d.kept for d in self.ensemble],
                "rows": [[float(x) for x in np.exp(d.values)] for d in self.ensemble],
            },
            "held": dict(self.fit.held),
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "written": list(self.written),
        }

    def __str__(self) -> str:
        shown = self.json()
        lines = [
            f"{self.fit.name}: {shown['free']} free values, {shown['targets']} targets, {self.fit.patients} patients, "
            f"{self.evaluations} evaluations in {self.seconds:.0f} s",
            f"loss {', '.join(f'{x:.1f}' for x in self.losses)} on the fitted patients, {self.judged:.1f} on new ones; "
            f"{shown['informed']} directions informed by more than two tolerances an e-fold",
            "",
        ]
        lines += [f"  {v['name']:34s} {v['start']:>11.4g} -> {v['value']:>11.4g}" for v in shown["values"]]
        lines += ["", f"  {'measure':30s} {'published':>10s} {'simulated':>10s} {'tolerances away':>16s}"]
        lines += [
            f"  {m['measure']:30s} {m['published']:>10.4g} {m['simulated']:>10.4g} {m['tolerances_away']:>16.1f}"
            for m in shown["measures"]
        ]
        if self.ensemble:
            losses, whole = [d.loss for d in self.ensemble], sum(d.kept == 1 for d in self.ensemble)
            said = (
                f"{len(losses)} plausible sets of values, loss {min(losses):.1f} to {max(losses):.1f}, {whole} as drawn"
            )
            lines += ["", said]
        lines += ["", "eigenvalues: " + " ".join(f"{x:.3g}" for x in self.eigenvalues), "", "held fixed:"]
        lines += [f"  {path}: {why}" for path, why in self.fit.held.items()]
        lines += ["", *(f"written: {w}" for w in self.written)]
        return "\n".join(lines)


class Objective:
    """Loss of a set of free values: half-squared distances, softened beyond two tolerances, and a weak prior.

    patients (of the fit's own number without it) are drawn anew for each of the fit's seeds, and measured together.
    """

    def __init__(self, fit: Fit, resolved: Resolved, seed: int, patients: int | None = None) -> None:
        from livingdrug.trial.design import design

        self.fit, self.resolved = fit, resolved
        self.seeds = tuple(range(seed, seed + fit.seeds))
        self.patients = patients or fit.patients
        self.design = design(resolved.arms[0])
        self.start = np.log([f.of(resolved) for f in fit.free])
        self.width = np.array([f.width for f in fit.free])
        self.count = 0

    def measures(self, logs: np.ndarray) -> dict[str, float]:
        """Every measure of the trial at these logarithms of the free values."""
        from dataclasses import replace

        from livingdrug.results.columns import Columns
        from livingdrug.trial import measures
        from livingdrug.trial.simulate import columns

        self.count += 1
        changed = with_values(self.resolved, self.fit.free, np.exp(logs))
        changed.__dict__["_model"] = self.resolved.model()
        arm = replace(self.resolved.arms[0], resolved=changed)
        found = Columns()
        for seed in self.seeds:
            found.append(columns(arm, self.design, self.patients // len(self.seeds), seed))
        return measures(self.resolved.trial, found, self.design.units)

    def distances(self, logs: np.ndarray) -> np.ndarray:
        """Distances of the targets, then of the free values from their start in prior widths."""
        return np.concatenate([self.fit.distances(self.measures(logs)), (logs - self.start) / self.width])

    def loss(self, logs: np.ndarray) -> float:
        """The number that is made small."""
        return loss(self.distances(logs))


def calibrate(
    name: str,
    seed: int = 1,
    write: bool = True,
    progress: Callable[..., None] | None = None,
    minutes: float = 10.0,
    starts: int = 2,
    sets: int = SETS,
) -> Calibration:
    """Fit the free values of library/fits/NAME.toml and, unless told not to, write them back with what they answer to.

    minutes: time for all starts together (0: the values stay, only the ensemble is drawn); new patients (another seed)
    judge the result; sets: plausible sets of values that are drawn around it, for library/ensembles/NAME.toml.
    """
    begun = time.monotonic()
    resolved = simulated(name)
    fit = read(name, resolved)
    aim = Objective(fit, resolved, seed)
    ends: list[End] = []
    for k in range(starts):
        at = aim.start + (
            0.4 * aim.width * np.random.default_rng(seed + k).standard_normal(len(aim.start)) if k else 0.0
        )
        until = begun + 60 * minutes * (k + 1) / starts

        def told(_: float) -> None:
            if progress:
                progress(min(int(time.monotonic() - begun), int(60 * minutes)), int(60 * minutes))

        ends.append(descend(aim.distances, at, until, told))
    ends.sort(key=lambda end: end.loss)
    best = ends[0].values
    informing = ends[0].slopes[: len(fit.targets)]
    eigenvalues = np.linalg.eigvalsh(informing.T @ informing)[::-1]
    judge = Objective(fit, resolved, seed + 1_000, JUDGES)
    measures = judge.measures(best)
    judged = float(np.sum(np.minimum(fit.distances(measures) ** 2, 64)))
    ensemble = tuple(draws(_in_sets(fit, resolved, aim, sets), ends[0], seed, sets))
    outcome = Calibration(
        fit,
        np.exp(aim.start),
        np.exp(best),
        tuple(np.exp(end.values) for end in ends[1:]),
        tuple(end.loss for end in ends),
        judged,
        measures,
        eigenvalues,
        aim.count,
        time.monotonic() - begun,
        ensemble,
    )
    if not write:
        return outcome
    from dataclasses import replace

    written = write_back(outcome.fit, resolved, outcome.values, judged) if minutes else ()
    if ensemble:
        written = (*written, write_ensemble(fit, resolved, ends[0], ensemble, seed))
    return replace(outcome, written=written)


def around(name: str, seed: int = 1, write: bool = True, sets: int = SETS) -> Calibration:
    """The ensemble of plausible values around a fit as it stands in the library: nothing is fitted anew."""
    return calibrate(name, seed, write, minutes=0.0, starts=1, sets=sets)


def _in_sets(fit: Fit, resolved: Resolved, aim: Objective, sets: int) -> Callable[[int], Callable[..., np.ndarray]]:
    """Set -> the distances, with the values that the ensembles of earlier fits have in that set."""
    known = plausible(resolved, earlier(fit.name))
    if known.columns and known.sets < sets:
        what = f"{sets} sets, and the ensembles of {', '.join(known.fits)} have {known.sets}"
        raise ScenarioError(what, where=fit.name, mend="calibrate those again, or draw fewer")

    def distances(number: int) -> Callable[..., np.ndarray]:
        if not known.columns:
            return aim.distances
        return Objective(fit, known.laid(resolved, number), aim.seeds[0]).distances

    return distances
