"""Courses of many patients in little memory: integer counts in fixed bins, equal on a logarithmic scale, at each time.

Counts add up, so the percentiles do not depend on how the patients were split over blocks, threads or machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, named

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Count = Callable[[Floats, NDArray[np.int64], Floats, int, NDArray[np.int64]], None]

LOWEST, HIGHEST, PER_DECADE = -12, 16, 25  # powers of ten; 25 bins a decade: each about 10 % wide
BINS = (HIGHEST - LOWEST) * PER_DECADE + 1  # the first holds zero and everything below the lowest
# Where each next bin begins: the one table by which every device decides. A hair early, so that a value meant to be a
# power of ten falls above its edge whatever was rounded.
EDGES = 10.0 ** (LOWEST + np.arange(BINS - 1) / PER_DECADE) * (1.0 - 1e-13)
DIGITS = 48  # binary digits of a number that are left out of a first look: with four kept it is known to 6 %
TIMES = 16  # times whose counts are written together
WIDTHS = (np.int8, np.int16, np.int32, np.int64)  # of a count that is not added to any more
SAMPLES = 24  # patients whose own course is kept


@cache
def _guide() -> tuple[NDArray[np.int64], Floats]:
    """The bin in which each run of values with one exponent and four digits begins, and the edges with an end."""
    begins = (np.arange(1 << 63 - DIGITS, dtype=np.int64) << DIGITS).view(np.float64)
    return np.searchsorted(EDGES, begins, side="right").astype(np.int64), np.append(EDGES, np.nan)


def _count(values: Floats, begins: NDArray[np.int64], edges: Floats, digits: int, counts: NDArray[np.int64]) -> None:
    """Adds to counts (columns, bins) how many of the values (n, columns) lie in which bin."""
    for column, row in zip(values.T, counts, strict=True):
        known = column[column == column]
        row += np.bincount(np.searchsorted(edges[:-1], known, side="right"), minlength=len(row))


@dataclass
class Courses:
    """How each observable went in the patients of one arm.

    times (T,) [day]; names (O,) with units as a reader writes them; counts (T, O, bins), whole numbers of any width:
    patients followed, by size of the observable in the model; samples: patient -> (T, O), likewise, for the first
    patients infused and those in `keep`; zeros: what 0 in the model means to a reader (37 [degC] of a temperature), for
    all that is read off below; wide: the counts with those of what stands behind the named observables.

    >>> courses = result.arm().courses
    >>> courses.percentile("assay.qpcr.copies", 50).shape == courses.times.shape
    True
    >>> courses.units["assay.qpcr.copies"]
    'copy/ug'
    """

    times: Floats
    names: tuple[str, ...]
    units: Mapping[str, str]
    counts: NDArray[np.int64] = field(repr=False)
    samples: dict[int, Floats] = field(default_factory=dict, repr=False)
    zeros: Mapping[str, float] = field(default_factory=dict, repr=False)
    keep: frozenset[int] = frozenset()
    wide: NDArray[np.int64] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def empty(
        cls,
        times: Floats,
        names: Iterable[str],
        units: Mapping[str, str],
        zeros: Mapping[str, float] | None = None,
        keep: Iterable[int] = (),
    ) -> Courses:
        """Courses of nobody yet; keep: numbers of patients whose own course is kept whatever their place."""
        listed = tuple(names)
        counts = np.zeros((len(times), len(listed), BINS), np.int64)
        return cls(times, listed, units, counts, zeros=zeros or {}, keep=frozenset(keep))

    def add(self, ids: NDArray[np.int64], values: Floats, count: Count | None = None) -> None:
        """Count the courses (n, T, O and more) of these patients; nan after the end of follow-up is left out, and so
        is what stands behind the observables that are known by name.

        count: a faster loop than NumPy's (`engine.counting`). Values that stand on a card are counted there.
        """
        own = len(self.names)
        self.counts = self.counts.astype(np.int64, copy=False)
        if hasattr(values, "counted"):
            self.counts += values.counted(EDGES)[:, :own]
        else:
            counts = self._room(values.shape[1:]).reshape(-1, BINS)
            whole = np.ascontiguousarray(values, np.float64).reshape(len(values), len(counts))
            (count or _count)(whole, *_guide(), DIGITS, counts)
        wanted = [k for k, i in enumerate(ids.tolist()) if (k < SAMPLES and self._early(i)) or i in self.keep]
        self._keep({int(ids[k]): values[k][:, :own].copy() for k in wanted})

    def _room(self, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Counts (times, observables, bins) of all that stands in the courses; those known by name come first."""
        own = len(self.names)
        if shape[0] != len(self.times) or shape[1] < own:
            raise ValueError(f"courses of the shape {shape} for {len(self.times)} times, {own} observables")
        if self.wide is None or self.wide.shape[:2] != shape:
            self.wide = np.zeros((*shape, BINS), np.int64)
            self.wide[:, :own] = self.counts
            self.counts = self.wide[:, :own]
        return self.wide

    def settle(self) -> None:
        """Forget the counts of what has no name, when nobody more is to be counted, and take no more bytes for a count
        than the largest needs: of a few patients an eighth, which tells where there are hundreds of arms."""
        most = int(self.counts.max(initial=0))
        self.counts, self.wide = self.counts.astype(next(t for t in WIDTHS if most <= np.iinfo(t).max)), None

    def __getstate__(self) -> dict[str, Any]:
        """Without the counts of what has no name."""
        return {**vars(self), "wide": None, "counts": np.ascontiguousarray(self.counts)}

    def merge(self, others: Courses) -> None:
        """Count the patients of another part too."""
        self.counts = self.counts.astype(np.int64, copy=False)
        self.counts += others.counts
        self._keep(others.samples)

    def _early(self, patient: int) -> bool:
        return len(self.samples) < SAMPLES or patient < sorted(self.samples)[SAMPLES - 1]

    def _keep(self, courses: Mapping[int, Floats]) -> None:
        """Keep the courses of the first patients by number, in whatever order they come, and of those asked for."""
        if courses:
            known = {**self.samples, **courses}
            kept = {*sorted(known)[:SAMPLES], *self.keep.intersection(known)}
            self.samples = {i: known[i] for i in sorted(kept)}

    def followed(self) -> NDArray[np.int64]:
        """How many patients were alive and followed at each time (T,)."""
        return self.counts[:, 0].sum(axis=-1) if self.names else np.zeros(len(self.times), np.int64)

    def place(self, name: str) -> int:
        """Where an observable stands among the names; ScenarioError with the nearest for one that is not kept."""
        return named("observable", name, {n: i for i, n in enumerate(self.names)})

    def percentile(self, name: str, percent: float) -> Floats:
        """A percentile of one observable at each time (T,) in its unit, exact to a bin (10 % above its zero); nan when
        nobody is followed."""
        return self.bands(name, (percent,))[0]

    def bands(self, name: str, percents: Iterable[float] = (5, 25, 50, 75, 95)) -> Floats:
        """Several percentiles of one observable (percents, T)."""
        counts = self.counts[:, self.place(name)]
        running, zero = counts.cumsum(axis=-1), self.zeros.get(name, 0.0)
        return np.stack([_percentile(counts, running, percent) + zero for percent in percents])

    def sample(self, name: str) -> Floats:
        """The courses of single patients (samples, T) in the unit of the observable."""
        place, zero = self.place(name), self.zeros.get(name, 0.0)
        return (
            np.stack([x[:, place] + zero for x in self.samples.values()])
            if self.samples
            else np.zeros((0, len(self.times)))
        )

    def frame(self, percents: Iterable[float] = (5, 25, 50, 75, 95)) -> pd.DataFrame:
        """Percentiles as a table: one row for each observable and time."""
        import pandas as pd

        listed = list(percents)
        parts = [
            pd.DataFrame(
                {
                    "observable": name,
                    "unit": self.units.get(name, ""),
                    "day": self.times,
                    "followed": self.followed(),
                    **{f"p{p:g}": x for p, x in zip(listed, self.bands(name, listed), strict=True)},
                }
            )
            for name in self.names
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def sample_frame(self) -> pd.DataFrame:
        """Courses of the single patients as a table: one row for each patient and time; `attrs["units"]` by column."""
        import pandas as pd

        zero = np.array([self.zeros.get(name, 0.0) for name in self.names])
        parts: list[Any] = [
            pd.DataFrame({"patient": who, "day": self.times, **dict(zip(self.names, (x + zero).T, strict=True))})
            for who, x in self.samples.items()
        ]
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        table.attrs["units"] = {"day": "day", **{name: self.units.get(name, "") for name in self.names}}
        return table

    def histograms(self) -> Iterator[pd.DataFrame]:
        """The counts as a table, some times together: observable, time and bin by their places, patients; bins without
        patients left out."""
        import pandas as pd

        for first in range(0, max(len(self.counts), 1), TIMES):
            counts = self.counts[first : first + TIMES]
            time, observable, place = np.nonzero(counts)
            columns = {"observable": observable, "time": time + first, "bin": place}
            small = {name: x.astype(np.int32) for name, x in columns.items()}
            yield pd.DataFrame({**small, "patients": counts[time, observable, place].astype(np.int64)})

    def fill(self, counts: pd.DataFrame, samples: pd.DataFrame) -> None:
        """Take over what `histograms` and `sample_frame` gave of a run with the same times and names."""
        places = tuple(counts[name].to_numpy() for name in ("time", "observable", "bin"))
        self.counts[places] = counts["patients"].to_numpy()
        self.settle()
        zeros = np.array([self.zeros.get(name, 0.0) for name in self.names])
        if len(samples):
            self.samples = {
                int(who): rows[list(self.names)].to_numpy(float) - zeros for who, rows in samples.groupby("patient")
            }


def _percentile(counts: NDArray[np.int64], running: NDArray[np.int64], percent: float) -> Floats:
    """A percentile above the zero at each time (T,) of counts (T, bins), and of their sums up to each bin."""
    if not 0 <= percent <= 100:
        raise ScenarioError(f"there is no percentile {percent:g}", allowed="0 to 100")
    total, rows = running[:, -1], np.arange(len(counts))
    wanted = percent / 100.0 * total
    place = (running >= np.maximum(wanted, 0.5)[:, None]).argmax(axis=-1)  # the first bin that holds so many
    before = np.where(place > 0, running[rows, np.maximum(place - 1, 0)], 0)
    with np.errstate(all="ignore"):
        share = np.clip((wanted - before) / counts[rows, place], 0.0, 1.0)
    value = 10.0 ** (LOWEST + (place - 1 + share) / PER_DECADE)
    return np.where(total > 0, np.where(place == 0, 0.0, value), np.nan)
