"""What was never fitted: a user's questions (examples/*.toml) beside the published direction and size of the answer.

Run: python verification/experiments.py [patients] [example ...] (some minutes). What was published stands in
experiments.toml; each example has a section between marks in docs/validation.md.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from writing import table, write_section

from livingdrug import Trial
from livingdrug.engine.plan import Floats
from livingdrug.results.result import Result
from livingdrug.trial.differences import Reading, Resamples

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "validation.md"
SEEDS = (1, 2, 3)
PATIENTS = 1_000
HEAD = [
    "question",
    "published",
    "simulated, all seeds",
    "difference (95 %)",
    "in a comparison of that size",
    "direction",
    "size",
]


@dataclass(frozen=True)
class Scale:
    """How two values are compared. apart: the effect of the first beside the second; back: the effect as it is
    printed."""

    apart: Callable[[Any, Any], Any]
    printed: str
    back: Callable[[float], float] = float


def log_odds(share: Any) -> Any:
    """Log odds of a share [%]; none and all are taken as half a percent from the end."""
    kept = np.clip(np.asarray(share, float), 0.5, 99.5)
    return np.where(np.isnan(share), np.nan, np.log(kept / (100.0 - kept)))


SCALES = {
    "points": Scale(lambda a, b: a - b, "{:+.3g}"),
    "days": Scale(lambda a, b: a - b, "{:+.3g} d"),
    "months": Scale(lambda a, b: a - b, "{:+.3g} months"),
    "hazard ratio": Scale(lambda a, _: np.log(a), "x {:.3g}", math.exp),
    "odds ratio": Scale(lambda a, b: log_odds(a) - log_odds(b), "x {:.3g}", math.exp),
}


@dataclass(frozen=True)
class Contrast:
    """A published difference. of, beside: arm and measure where it is read (a hazard ratio is the effect by itself);
    told: the published values in words; effect, interval: their difference or ratio; n: patients behind the two."""

    question: str
    of: Sequence[str]
    told: str
    effect: float
    n: Sequence[int]
    beside: Sequence[str] | None = None
    scale: str = "points"
    interval: Sequence[float] | None = None
    note: str = ""

    @property
    def how(self) -> Scale:
        """How the two are compared."""
        return SCALES[self.scale]

    def compared(self, x: float) -> float:
        """A printed effect on the ground where effects are compared: ratios by their logarithms."""
        return math.log(x) if self.scale.endswith("ratio") else x

    def said(self, x: float) -> str:
        """An effect in print."""
        return self.how.printed.format(self.how.back(x)) if math.isfinite(x) else "-"


@dataclass
class Found:
    """A contrast in every seed. values: of both places; effects with their Monte-Carlo intervals (seeds,); trials:
    effects in comparisons of the published size; silent: nothing that the arms change reaches the measure."""

    contrast: Contrast
    silent: bool = False
    values: list[tuple[float, float]] = field(default_factory=list)
    effects: list[float] = field(default_factory=list)
    ends: list[tuple[float, float]] = field(default_factory=list)
    trials: list[Floats] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """One more seed."""
        c, apart = self.contrast, self.contrast.how.apart
        self.silent = c.of[1] in result.applicability.question.silent
        drawn = Resamples(next(iter(result.arms.values())).columns.size, result.seed)
        own = reading(result, drawn, c.of, c.n[0])
        other = reading(result, drawn, c.beside, c.n[1]) if c.beside else own
        with np.errstate(all="ignore"):
            effect = float(apart(own.value, other.value))
            self.ends.append(drawn.interval(effect, apart(own.many, other.many)))
            trials = apart(own.trials, other.trials)
        self.effects.append(effect)
        self.values.append((own.value, other.value))
        self.trials.append(trials[np.isfinite(trials)])

    @cached_property
    def middle(self) -> float:
        """The effect in the middle seed."""
        return float(np.median(self.effects))

    @cached_property
    def in_trials(self) -> tuple[float, float]:
        """The 95 % interval of the effect in comparisons of the published size; nan where it cannot be had."""
        drawn = np.concatenate(self.trials)
        low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (math.nan, math.nan)
        return float(low), float(high)

    def direction(self) -> str:
        """Whether the effect goes the published way in every seed, and beyond the chance of the virtual patients."""
        way = np.sign(self.contrast.compared(self.contrast.effect))
        if self.silent:
            return "none, by construction"
        if way == 0:
            return "none, as published" if all(a <= 0 <= b for a, b in self.ends) else "**some**"
        signs = {float(np.sign(x)) for x in self.effects}
        if signs != {way}:
            return "**opposite**" if signs == {-way} else "**none**"
        clear = all(min(way * a, way * b) > 0 for a, b in self.ends)
        return "as published" if clear else "as published, within chance"

    def size(self) -> str:
        """Whether comparisons of the published size would show the published effect, and, where an interval was
        published, whether the simulated effect lies in it too."""
        c, (low, high) = self.contrast, self.in_trials
        published, ends = c.compared(c.effect), c.interval
        if self.silent:
            return "not judged"
        if math.isnan(low):
            return "cannot be told"
        if low <= published <= high and (ends is None or ends[0] <= c.how.back(self.middle) <= ends[1]):
            return "inside"
        if self.middle * published <= 0:
            return "**outside**"
        return "**too small**" if abs(self.middle) < abs(published) else "**too large**"

    def share(self) -> str:
        """How much of the published effect there is (of a ratio's logarithm); nothing where none was published or none
        can be."""
        published = self.contrast.compared(self.contrast.effect)
        return "" if self.silent or not published else f", {self.middle / published:.2f} of it"

    def row(self) -> list[str]:
        """The contrast as a row of the table."""
        c = self.contrast
        told = f"{c.told}: {c.said(c.compared(c.effect))}" if c.effect else c.told
        told += f" ({c.interval[0]:.3g} to {c.interval[1]:.3g})" if c.interval else ""
        both = " and ".join(spread([v[k] for v in self.values]) for k in range(2 if c.beside else 1))
        low, high = min(a for a, _ in self.ends), max(b for _, b in self.ends)
        effect = f"{c.said(self.middle)} ({c.said(low)} to {c.said(high)})"
        verdicts = [self.direction(), self.size() + self.share()]
        return [c.question, told, both, effect, " to ".join(map(c.said, self.in_trials)), *verdicts]


def reading(result: Result, drawn: Resamples, place: Sequence[str], n: int) -> Reading:
    """A measure of one arm, in all its patients and in groups of n of them."""
    arm = result.arms[place[0]]
    return Reading(arm.measured(arm.columns)[place[1]], drawn, n, list(result.arms).index(place[0]))


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest of some values; a median that fewer than half came to is not reached."""
    low, high = (
        f"{x:.3g}" if math.isfinite(x) else "not reached" if x == math.inf else "-" for x in (min(values), max(values))
    )
    return low if low == high else f"{low} to {high}"


def verdict(judged: Any) -> str:
    """What the program itself says of the question: inside calibrated ground, extrapolating or silent, and in what."""
    outside = ", ".join(f"`{name}`" if "." in name else name for name in dict.fromkeys(f.name for f in judged.findings))
    return f"The program's own word: {judged.word}{f' ({outside})' if outside else ''}."


def section(experiment: Mapping[str, Any], result: Result, found: Sequence[Found], patients: int) -> str:
    """An experiment as a section of the page."""
    about = result.resolved.trial.about or ""
    rows = [f.row() for f in found]
    way = sum("as published" in r[-2] for r in rows)
    fits = sum(r[-1].startswith("inside") for r in rows)
    notes = [f"{f.contrast.question}: {f.contrast.note}" for f in found if f.contrast.note]
    return "\n\n".join(
        [
            f"### {experiment['title']}",
            f"`examples/{experiment['example']}.toml`. {' '.join(about.split())} {verdict(result.applicability)}",
            table(HEAD, rows),
            f"{patients:,} enrolled patients in each arm, seeds {', '.join(map(str, SEEDS))} "
            f"(scenario {result.resolved.hash}). Direction as published "
            f"in {way} of {len(rows)}, size inside in {fits} of {len(rows)}.",
            *(["\n".join(f"- {n}." for n in notes)] if notes else []),
        ]
    )


def main(patients: int | None, wanted: Sequence[str]) -> None:
    asked = tomllib.loads((Path(__file__).parent / "experiments.toml").read_text(encoding="utf-8"))["experiment"]
    for experiment in asked:
        if wanted and experiment["example"] not in wanted:
            continue
        trial = Trial(ROOT / "examples" / f"{experiment['example']}.toml")
        found = [Found(Contrast(**c)) for c in experiment["contrast"]]
        n = patients or experiment.get("patients", PATIENTS)
        for seed in SEEDS:
            result = trial.run(n, seed)
            for each in found:
                each.add(result)
        write_section(experiment["example"], section(experiment, result, found, n), PAGE)


if __name__ == "__main__":
    given = sys.argv[1:]
    number = int(given.pop(0)) if given and given[0].isdigit() else None
    main(number, given)
