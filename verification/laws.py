"""Laws of the field on virtual patients of ELIANA: all or none, in the same patients, and between patients.

In the same patients: one thing is changed, and the same patients (common random numbers) are followed again. Between
patients: do those with more of one thing have more of another? Both are read at several seeds; a law holds when it
holds at each. Run: python verification/laws.py [patients]. Writes the section "laws" of docs/verification.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from writing import table, write_section

from livingdrug import Trial
from livingdrug.trial.design import design
from livingdrug.trial.simulate import blocks

SEEDS = (11, 12, 13)
N = 1_000
BURDENS = (8e11, 5e10, 5e9, 1e8, 1e6, 1.0)
PATHS = ("cytokines.il6", "b_cells.per_uL")
Floats = np.ndarray


@dataclass(frozen=True)
class Seen:
    """One run. columns: of the infused; measures: of the trial; courses: path -> (n, times); times [day]."""

    columns: Mapping[str, Floats]
    measures: Mapping[str, float]
    courses: Mapping[str, Floats]
    times: Floats


def follow(sets: Mapping[str, Any], seed: int, patients: int = 0) -> Seen:
    """The infused patients of ELIANA with these changes."""
    from livingdrug.trial.measures import measures

    arm = Trial("eliana", sets).resolved.arms[0]
    plan = design(arm)
    who, courses = [], []
    for enrolled, rows, course in blocks(arm, plan, patients or N, seed):
        infused = np.asarray(rows["infused"])[enrolled.infused] > 0
        who.append({k: np.asarray(x) for k, x in rows.items() if np.asarray(x).dtype.kind in "fib"})
        courses.append(course[infused])
    columns = {k: np.concatenate([rows[k] for rows in who]) for k in who[0]}
    found = measures(arm.resolved.trial, columns, plan.units)
    treated = columns["infused"] > 0
    course = np.concatenate(courses)
    kept = {p: course[:, :, plan.shown.index(p)] for p in PATHS}
    return Seen({k: x[treated] for k, x in columns.items()}, found, kept, plan.times)


@cache
def plain(seed: int) -> Seen:
    """Nothing changed."""
    return follow({}, seed)


def changed(seed: int, **numbers: Any) -> Seen:
    """The same patients with numbers changed; a double underscore stands for a dot."""
    return _changed(seed, tuple(sorted((k.replace("__", "."), v) for k, v in numbers.items())))


@cache
def _changed(seed: int, sets: tuple[tuple[str, Any], ...]) -> Seen:
    return follow(dict(sets), seed)


@cache
def of_burden(cells: float, seed: int) -> Seen:
    """Every patient with this many leukaemic cells."""
    spread = {"distribution": "log-normal", "sd": 0.01, "low": 0.01, "high": 1e13}
    number = {"value": cells, "unit": "cell", "kind": "assumed", "why": "asked for", "variability": spread}
    return follow({"tumour.burden": number}, seed)


def geometric(x: Floats) -> float:
    """Geometric mean of what is above 0; nan of nothing."""
    return float(np.exp(np.mean(np.log(x[x > 0])))) if (x > 0).any() else np.nan


def ranks(x: Floats, y: Floats) -> float:
    """Spearman's correlation."""
    from scipy.stats import spearmanr

    return float(spearmanr(x, y).statistic)


@dataclass(frozen=True)
class Law:
    """One law. read: its number at a seed; holds: whether such a number keeps it; aim: in words."""

    kind: str
    name: str
    aim: str
    read: Callable[[int], float]
    holds: Callable[[float], bool]
    shown: str = "{:.2f}"

    def row(self) -> list[str]:
        """Kind, law, aim, the range over the seeds, and whether it holds at each."""
        found = [self.read(seed) for seed in SEEDS]
        low, high = (self.shown.format(x) for x in (min(found), max(found)))
        return [
            self.kind,
            self.name,
            self.aim,
            low if low == high else f"{low} to {high}",
            "yes" if all(self.holds(x) for x in found) else "**no**",
        ]


def silent(seed: int) -> float:
    """Patients on a vasopressor or ventilator who never had a grade of release [%]."""
    p = plain(seed).columns
    return 100 * float(np.mean((p["crs_grade"] == 0) & ((p["high_dose_pressor"] > 0) | (p["ventilation"] > 0))))


def early_deaths(seed: int) -> float:
    """Infused patients dead by day 30 [%]."""
    return 100 * float(np.mean(plain(seed).columns["death_day"] <= 30))


def before_infusion(seed: int) -> float:
    """Patients counted as infused who died before it."""
    return float(np.sum(plain(seed).columns["death_day"] < 0))


def few_blasts(seed: int) -> float:
    """Patients with fewer than 5 % blasts before conditioning [%]."""
    return 100 * float(np.mean(plain(seed).columns["baseline_blasts"] < 0.05))


def worse_with_less(measure: str) -> Callable[[int], float]:
    """The largest fall of a measure [points] from one burden to the next lower one."""

    def read(seed: int) -> float:
        values = [of_burden(b, seed).measures[measure] for b in BURDENS]
        return float(max(0.0, -np.diff(values).min()))

    return read


def exponent(seed: int) -> float:
    """Power of the dose on the peak, over a 25-fold range."""
    low, high = (changed(seed, dose__factor=d).columns["cmax_true"] for d in (0.2, 5.0))
    both = (low > 0) & (high > 0)
    return float(np.median(np.log(high[both] / low[both]))) / float(np.log(25))


def without_fludarabine(seed: int) -> float:
    """Peak without fludarabine, relative to that with it."""
    bare = changed(seed, protocol__schedule__fludarabine__amount="0 mg/m2")
    return geometric(bare.columns["cmax_true"]) / geometric(plain(seed).columns["cmax_true"])


def low_exposure(seed: int) -> float:
    """Relapse with two thirds of the exposure to fludarabine, relative to that with all of it."""
    low = changed(seed, conditioning__fludarabine__individual="* 1.5")
    return float(np.mean(np.isfinite(low.columns["relapse_day"])) / np.mean(relapsed(seed)))


def relapsed(seed: int) -> Floats:
    """Whether each patient relapsed."""
    return np.isfinite(plain(seed).columns["relapse_day"])


def by_tocilizumab(what: str) -> Callable[[int], float]:
    """A column in those who got tocilizumab, relative to theirs without it; no steroid in either."""

    def read(seed: int) -> float:
        had = changed(seed, protocol__rule__steroid__limits__doses=0).columns
        free = changed(seed, protocol__rule__tocilizumab__limits__doses=0).columns
        given = had["tocilizumab_doses"] > 0
        return float(np.nanmean(had[what][given]) / np.nanmean(free[what][given]))

    return read


def severe_to_other(seed: int) -> float:
    """Peak in severe release relative to milder or none."""
    p = plain(seed).columns
    return geometric(p["cmax_true"][p["crs_grade"] >= 3]) / geometric(p["cmax_true"][p["crs_grade"] < 3])


def release_to_none(seed: int) -> float:
    """Peak with release relative to that without."""
    p = plain(seed).columns
    return geometric(p["cmax_true"][p["crs_grade"] > 0]) / geometric(p["cmax_true"][p["crs_grade"] == 0])


def peak_and_burden(seed: int) -> float:
    """Correlation of peak and burden."""
    p = plain(seed).columns
    return ranks(p["cmax_true"], p["baseline_blasts"])


def il6_by_grade(seed: int) -> float:
    """Median peak of IL-6 at grade 4 relative to grade 0."""
    seen = plain(seed)
    peak = np.nanmax(seen.courses["cytokines.il6"], axis=1)
    grade = seen.columns["crs_grade"]
    return float(np.median(peak[grade == 4]) / np.median(peak[grade == 0]))


def b_cells_in_aplasia(seed: int) -> float:
    """Median B cells [per uL] on day 90 of those in aplasia then."""
    seen = plain(seed)
    day = int(np.argmin(np.abs(seen.times - 90)))
    count = seen.courses["b_cells.per_uL"][:, day]
    apart = seen.columns["b_cells_back_day"] > 90
    return float(np.nanmedian(count[apart]))


SAME, BETWEEN, ALL = "same patients", "between patients", "all or none"
LAWS = (
    Law(ALL, "Nobody on a high-dose pressor or ventilator is graded 0", "under 0.3 %", silent, lambda x: x < 0.3),
    Law(ALL, "Who died before infusion was not infused", "0", before_infusion, lambda x: x == 0, "{:.0f}"),
    Law(ALL, "Death by day 30", "under 5 %", early_deaths, lambda x: x < 5, "{:.1f}"),
    Law(ALL, "At least 5 % blasts at the start", "0 % have fewer", few_blasts, lambda x: x == 0, "{:.1f}"),
    Law(SAME, "Less disease, no worse event-free survival at 12 months (8e11 to no cells)", "falls under 1 point",
        worse_with_less("efs_12m"), lambda x: x < 1),
    Law(SAME, "Less disease, no worse response", "falls under 1 point", worse_with_less("response"), lambda x: x < 1),
    Law(SAME, "Dose hardly moves the peak", "power at most 0.15 either way", exponent, lambda x: abs(x) <= 0.15),
    Law(SAME, "Less conditioning, less expansion (no fludarabine)", "0.53 published, n.s.", without_fludarabine,
        lambda x: 0.2 < x < 0.9),
    Law(SAME, "Less fludarabine, more relapse (two thirds of the exposure)", "above 1.2", low_exposure,
        lambda x: x > 1.2),
    Law(SAME, "Tocilizumab does not slow expansion", "0.95 to 1.05", by_tocilizumab("cmax_true"),
        lambda x: 0.95 < x < 1.05),
    Law(SAME, "Tocilizumab shortens release", "under 1", by_tocilizumab("crs_length"), lambda x: x < 1),
    Law(SAME, "Tocilizumab does not lessen neurologic events", "0.95 to 1.1", by_tocilizumab("neurologic_grade"),
        lambda x: 0.95 < x < 1.1),
    Law(BETWEEN, "Higher peak in severe release", "above 1.2", severe_to_other, lambda x: x > 1.2),
    Law(BETWEEN, "Higher peak with release than without", "above 1", release_to_none, lambda x: x > 1),
    Law(BETWEEN, "Higher peak with more disease", "Spearman above 0.15", peak_and_burden, lambda x: x > 0.15),
    Law(BETWEEN, "IL-6 rises with the grade (4 to 0)", "above 10", il6_by_grade, lambda x: x > 10, "{:.0f}"),
    Law(BETWEEN, "B cells in aplasia [per uL]", "under 1", b_cells_in_aplasia, lambda x: x < 1),
)  # fmt: skip


def rows() -> Iterator[list[str]]:
    """Every law, read."""
    for law in LAWS:
        yield law.row()


if __name__ == "__main__":
    N = int(sys.argv[1]) if len(sys.argv) > 1 else N
    found = list(rows())
    held = sum(r[4] == "yes" for r in found)
    write_section(
        "laws",
        f"## Laws of the field\n\n{N:,} virtual patients of ELIANA enrolled at each of {len(SEEDS)} seeds "
        f"(`verification/laws.py`); figures are the range over the seeds, and a law holds when it holds at each. "
        f"{held} of {len(found)} hold.\n\n" + table(["kind", "law", "aim", "simulated", "holds"], found),
    )
