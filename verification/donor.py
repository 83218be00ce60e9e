"""Cells of donors beside what was published of them: the patterns of CALM, the rows of CARBON, and the examples.

Run: python verification/donor.py [seeds] [trials] (a quarter of an hour). Writes its sections of docs/donor.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from writing import table, write_section

from livingdrug import Trial
from livingdrug.engine.plan import Floats

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "donor.md"
SEEDS = 10
TRIALS = 20  # of the published size, for each seed; patients of one share lots
SHORT = {"protocol.follow_up": "4 months"}
LEVEL = 0.05  # of a rank correlation in one trial
LIMIT, DAYS = 50.0, 28.0  # copies per ug that the assay can tell; days of the area

Columns = Mapping[str, Floats]


def columns(source: str, patients: int, seed: int, change: Mapping[str, Any], own: Sequence[str] = ()) -> Columns:
    """Columns of the patients infused, and numbers of theirs by path."""
    result = Trial(source, {**SHORT, **change}).run(patients=patients, seed=seed)
    frame = result.patients
    frame = frame[frame["infused"] == 1]
    found = {name: frame[name].to_numpy() for name in frame.columns if frame[name].dtype.kind in "fiub"}
    if own:
        numbers = result.individual.set_index("patient")
        found |= {path: numbers[path].reindex(frame["patient"]).to_numpy() for path in own}
    for name in ("cmax", "auc"):  # never measurable
        found[name] = np.nan_to_num(found[name], nan=0.0)
    return found


def blocks(c: Columns, size: int) -> list[Columns]:
    """Trials of that size: patients in the order of their numbers, who share lots."""
    trial = (c["patient"] // size).astype(int)
    return [{k: x[trial == i] for k, x in c.items()} for i in range(int(trial.max()) + 1)]


def share(of: Callable[[Columns], Any]) -> Callable[[Columns], float]:
    """In percent."""
    return lambda c: 100.0 * float(np.mean(of(c)))


def ratio(of: str) -> Callable[[Columns], float]:
    """Median in responders over that in others."""

    def told(c: Columns) -> float:
        yes = c["response"] > 0
        if yes.all() or not yes.any():
            return float("nan")
        least = LIMIT * (DAYS if of == "auc" else 1.0)  # never found counts as the limit
        return float(max(np.median(c[of][yes]), least) / max(np.median(c[of][~yes]), least))

    return told


def rank(a: str, b: str) -> Callable[[Columns], float]:
    """Rank correlation."""
    return lambda c: float(spearmanr(c[a], c[b]).statistic)


def chance(a: str, b: str) -> Callable[[Columns], float]:
    """The p of the rank correlation."""
    return lambda c: float(spearmanr(c[a], c[b]).pvalue)


MISMATCH = "host_versus_graft.mismatch"
ROWS = {  # measure of CALM: how it is read, published
    "cells last found by day 28, % (calibration)": (share(lambda c: c["last_measurable"] <= 28), 40.0),
    "cells found after day 42, % (calibration)": (share(lambda c: c["last_measurable"] > 42), 16.0),
    "response, %": (share(lambda c: c["response"] > 0), 48.0),
}
CARBON = {
    "CRS of any grade, %": (share(lambda c: c["crs"] > 0), 30.0),
    "CRS of grade 3 and more, %": (share(lambda c: c["crs_grade"] >= 3), 0.0),
    "neurotoxicity of any grade, %": (share(lambda c: c["neurologic"] > 0), 10.0),
    "graft-versus-host disease, %": (share(lambda c: np.isfinite(c["gvhd_day"])), 0.0),
}
SIGNS = {  # pattern: how it is read, what it should be above (+1) or below (-1), and of what
    "peak, responders over others": (ratio("cmax"), 1, 1.0),
    "area, responders over others": (ratio("auc"), 1, 1.0),
    "IL-7 with alemtuzumab exposure, rank correlation": (rank("antibody_exposure", "il7_area"), 1, 0.0),
    "area of CAR-T with alemtuzumab exposure": (rank("antibody_exposure", "auc"), 1, 0.0),
    "area of host T cells with alemtuzumab exposure": (rank("antibody_exposure", "host_auc"), -1, 0.0),
}
NONE = {
    "peak with dose": ("dose", "cmax"),
    "area with dose": ("dose", "auc"),
    "peak with difference in HLA": (MISMATCH, "cmax"),
    "area with difference in HLA": (MISMATCH, "auc"),
}
PAIRS = {"IL-7, area": ("il7_area", 1), "CAR-T, area": ("auc", 1), "host T cells, area": ("host_auc", -1)}


def spread(by_seed: Sequence[Sequence[float]]) -> tuple[float, float, float, float, float]:
    """Median and 95 % interval over all trials; lowest and highest median of a seed."""
    whole = np.concatenate([np.asarray(x) for x in by_seed])
    whole = whole[np.isfinite(whole)]
    each = [float(np.nanmedian(x)) for x in by_seed]
    low, high = np.percentile(whole, [2.5, 97.5])
    return float(np.median(whole)), float(low), float(high), min(each), max(each)


def told(values: tuple[float, float, float, float, float]) -> list[str]:
    """Median (interval), and lowest to highest over the seeds."""
    middle, low, high, least, most = values
    return [f"{middle:.3g} ({low:.3g} to {high:.3g})", f"{least:.3g} to {most:.3g}"]


def read_off(trials: Sequence[Sequence[Columns]], rows: Mapping[str, Any]) -> list[list[str]]:
    """Published rows beside trials of their size."""
    found = []
    for words, (of, published) in rows.items():
        values = spread([[of(c) for c in seed] for seed in trials])
        inside = "inside" if values[1] <= published <= values[2] else "**outside**"
        found.append([words, f"{published:g}", *told(values), inside])
    return found


def patterns(trials: Sequence[Sequence[Columns]]) -> list[list[str]]:
    """Directions and their absence, in trials of the published size."""
    found = []
    for words, (of, sign, at) in SIGNS.items():
        by_seed = [[of(c) for c in seed] for seed in trials]
        values = spread(by_seed)
        so = [sign * (x - at) > 0 for seed in by_seed for x in seed if np.isfinite(x)]
        every = all(sign * (np.nanmedian(seed) - at) > 0 for seed in by_seed)
        met = "met" if np.mean(so) >= 0.5 and every else "**missed**"
        found.append([words, "above" if sign > 0 else "below", *told(values), f"{share_of(so)}", met])
    for words, (a, b) in NONE.items():
        values = spread([[rank(a, b)(c) for c in seed] for seed in trials])
        so = [chance(a, b)(c) >= LEVEL for seed in trials for c in seed]
        met = "met" if np.mean(so) >= 0.5 else "**missed**"
        found.append([f"{words}, rank correlation", "none", *told(values), f"{share_of(so)}", met])
    return found


def share_of(so: Sequence[bool]) -> str:
    """In percent, of simulated trials."""
    return f"{100 * np.mean(so):.0f} %"


def in_the_same(pairs: Sequence[tuple[Columns, Columns]]) -> list[list[str]]:
    """Medians with the antibody over those without, in the same patients, seed by seed."""
    found = []
    for words, (of, sign) in PAIRS.items():
        each = [float(np.median(a[of]) / np.median(b[of])) for a, b in pairs]
        met = "met" if all(sign * (x - 1) > 0 for x in each) else "**missed**"
        found.append([words, "above 1" if sign > 0 else "below 1", f"{min(each):.3g} to {max(each):.3g}", met])
    return found


def main(seeds: int = SEEDS, trials: int = TRIALS) -> None:
    """Run all, and write what came out."""
    calm, carbon, pairs = [], [], []
    for seed in range(1, seeds + 1):
        calm.append(blocks(columns("calm", trials * 25, seed, {}, (MISMATCH,)), 25))
        carbon.append(blocks(columns("carbon", trials * 10, seed, {}), 10))
        arms = ({"protocol.share.without_antibody": 0.0}, {"protocol.antibody.factor": 0.0})
        pairs.append(tuple(columns("calm", trials * 25, seed, change) for change in arms))
    heads = ["measure", "published", "simulated trials, median (95 %)", "median by seed", "verdict"]
    of = f"{seeds} seeds of {trials} trials each"
    text = f"CALM, 25 patients a trial, {of}; CARBON, 10 patients.\n\n" + table(heads, read_off(calm, ROWS))
    text += "\n\n" + table(heads, read_off(carbon, CARBON))
    heads = ["pattern", "published", "simulated trials, median (95 %)", "median by seed", "so in", "verdict"]
    text += "\n\n" + table(heads, patterns(calm))
    heads = ["with alemtuzumab over without, same patients", "published", "by seed", "verdict"]
    text += "\n\n" + table(heads, in_the_same(pairs))
    write_section("donor patterns", text, PAGE)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
