"""Morris screening and Sobol indices: where to look, and what is read off it. By SALib.

Inputs are shares of their ranges, 0 to 1. A run that failed takes the block it belongs to with it: a trajectory of
Morris, the points around one sample of Sobol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.errors import EngineError, ScenarioError
from livingdrug.results.sensitivity import Index

Method = Literal["morris", "sobol"]
LEVELS = 4  # of Morris' grid
USUAL = {"morris": 8, "sobol": 64}
FEWEST = {"morris": 4, "sobol": 16}  # blocks from which something is read
MOST_SAMPLES = 4096
RESAMPLED = 200  # bootstrap of each index


def salib(part: str) -> ModuleType:
    """A module of SALib; EngineError where it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"SALib.{part}")
    except ImportError as absent:
        said = "a sensitivity analysis needs SALib"
        raise EngineError(said, mend="pip install 'livingdrug[sensitivity]'") from absent


@dataclass(frozen=True)
class Points:
    """Where a method looks. names: of the inputs, which stand in `groups` of these names; samples: trajectories of
    Morris, or base samples of Sobol (a power of two)."""

    method: Method
    names: tuple[str, ...]
    groups: tuple[str, ...]
    samples: int
    seed: int

    def __post_init__(self) -> None:
        low = FEWEST[self.method]
        fits = low <= self.samples <= MOST_SAMPLES and (self.method == "morris" or self.samples.bit_count() == 1)
        if not fits:
            allowed = f"{low} to {MOST_SAMPLES}" + (", a power of two" if self.method == "sobol" else "")
            raise ScenarioError(f"{self.samples} samples of {self.method}", where="--samples", allowed=allowed)

    @property
    def moved(self) -> tuple[str, ...]:
        """What is moved as one: each group once."""
        return tuple(dict.fromkeys(self.groups))

    @property
    def block(self) -> int:
        """Runs that belong together."""
        return len(self.moved) + (1 if self.method == "morris" else 2)

    @property
    def runs(self) -> int:
        """How many runs are asked for."""
        return self.samples * self.block

    @property
    def _problem(self) -> dict[str, Any]:
        own = {"num_vars": len(self.names), "names": list(self.names), "bounds": [[0.0, 1.0]] * len(self.names)}
        return {**own, "groups": list(self.groups)} if len(self.moved) > 1 else own

    def at(self) -> Floats:
        """The points (runs, names)."""
        how = {"num_levels": LEVELS} if self.method == "morris" else {"calc_second_order": False}
        made: Floats = salib(f"sample.{self.method}").sample(self._problem, self.samples, seed=self.seed, **how)
        return made

    def read(self, at: Floats, found: Floats, measure: str) -> tuple[tuple[Index, ...], int]:
        """The indices of one measure (runs,), nan where it could not be read; and how many blocks were used."""
        whole = np.isfinite(found.reshape(-1, self.block)).all(axis=1)
        used, kept = int(whole.sum()), np.repeat(whole, self.block)
        if used < FEWEST[self.method]:
            return (), used
        x, y = at[kept], found[kept]
        if np.ptp(y) == 0.0:  # nothing moves it
            return tuple(Index(measure, name, 0.0, 0.0, 0.0) for name in self.moved), used
        analyze = salib(f"analyze.{self.method}").analyze
        how = {"num_resamples": RESAMPLED, "seed": self.seed}
        if self.method == "morris":
            told = analyze(self._problem, x, y, num_levels=LEVELS, **how)
            mu = zip(told["names"], told["mu_star"], told["mu_star_conf"])
            return tuple(Index(measure, str(n), *_ends(m, c)) for n, m, c in mu), used
        told = analyze(self._problem, y, calc_second_order=False, **how)
        both = zip(self.moved, told["ST"], told["ST_conf"], told["S1"], told["S1_conf"])
        return tuple(Index(measure, n, *_ends(t, c), *_ends(s, d)) for n, t, c, s, d in both), used


def _ends(value: float, half: float) -> tuple[float, float, float]:
    return float(value), float(value - half), float(value + half)


def order(indices: Sequence[Index]) -> list[str]:
    """Names from what moves any measure most, beside the most that anything moves it, to what moves least."""
    most = {m: max(i.value for i in indices if i.measure == m) for m in dict.fromkeys(i.measure for i in indices)}
    best: dict[str, float] = {}
    for i in indices:
        best[i.name] = max(best.get(i.name, 0.0), i.value / most[i.measure] if most[i.measure] > 0 else 0.0)
    return sorted((n for n in best if best[n] > 0.0), key=lambda n: -best[n])
