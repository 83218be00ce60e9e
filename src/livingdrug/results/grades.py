"""Graded states over time: how many patients stood at each grade of each scale, and the grades of single patients.

Counts add up, so they do not depend on how the patients were split over blocks, threads or machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import named
from livingdrug.results.courses import SAMPLES

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
HIGHEST = 5  # the highest grade that any scale knows


@dataclass
class Grades:
    """How the patients of one arm were graded.

    times (T,) [day]; names (S,): the scales, as "penn.grade"; titles: name -> what is graded, on which scale; counts
    (T, S, 6): patients followed at grades 0 to 5; samples: patient -> (T, S), of the first patients infused and
    those in `keep`, nan after the end of follow-up.
    """

    times: Floats
    names: tuple[str, ...]
    titles: Mapping[str, str]
    counts: NDArray[np.int64] = field(repr=False)
    samples: dict[int, Floats] = field(default_factory=dict, repr=False)
    keep: frozenset[int] = frozenset()

    @classmethod
    def empty(cls, times: Floats, titles: Mapping[str, str], keep: Iterable[int] = ()) -> Grades:
        """Grades of nobody yet; keep: numbers of patients whose own grades are kept whatever their place."""
        counts = np.zeros((len(times), len(titles), HIGHEST + 1), np.int64)
        return cls(times, tuple(titles), titles, counts, keep=frozenset(keep))

    def add(self, ids: NDArray[np.int64], values: Floats) -> None:
        """Count the grades (n, T, S) of these patients; nan after the end of follow-up is left out."""
        for grade in range(HIGHEST + 1):
            self.counts[:, :, grade] += (values == grade).sum(axis=0)
        wanted = [k for k, i in enumerate(ids.tolist()) if k < SAMPLES or i in self.keep]
        self._keep({int(ids[k]): values[k].copy() for k in wanted})

    def merge(self, others: Grades) -> None:
        """Count the patients of another part too."""
        self.counts += others.counts
        self._keep(others.samples)

    def _keep(self, grades: Mapping[int, Floats]) -> None:
        """Keep the grades of the first patients by number, in whatever order they come, and of those asked for."""
        known = {**self.samples, **grades}
        kept = {*sorted(known)[:SAMPLES], *self.keep.intersection(known)}
        self.samples = {i: known[i] for i in sorted(kept)}

    def followed(self) -> NDArray[np.int64]:
        """How many patients were alive and followed at each time, for each scale (T, S)."""
        return self.counts.sum(axis=-1)

    def shares(self, name: str) -> Floats:
        """The share of the patients followed who stood at grades 0 to 5 at each time (T, 6); nan without patients."""
        counts = self.counts[:, named("scale", name, {n: i for i, n in enumerate(self.names)})]
        total = counts.sum(axis=-1, keepdims=True)
        return np.where(total > 0, counts / np.maximum(total, 1), np.nan)

    def frame(self) -> pd.DataFrame:
        """One row for each scale, time and grade: how many patients, of how many, and their share."""
        import pandas as pd

        time, scale, grade = (x.ravel() for x in np.indices(self.counts.shape).astype(np.int64))
        followed = np.broadcast_to(self.followed()[:, :, None], self.counts.shape).ravel()
        table = pd.DataFrame(
            {
                "scale": np.array(self.names, object)[scale] if self.names else np.zeros(0, object),
                "day": self.times[time],
                "grade": grade,
                "patients": self.counts.ravel(),
                "followed": followed,
                "share": self.counts.ravel() / np.maximum(followed, 1),
            }
        )
        table.loc[followed == 0, "share"] = np.nan
        return table.sort_values(["scale", "day", "grade"], kind="stable", ignore_index=True)

    def fill(self, counts: pd.DataFrame, samples: pd.DataFrame) -> None:
        """Take over what `frame` gave, and the grades of single patients by day, of a run with the same times and
        scales; what is not there stays at nobody."""
        for place, name in enumerate(self.names):
            own = counts[counts["scale"] == name] if len(counts) else counts
            if len(own):
                at = np.searchsorted(self.times, own["day"].to_numpy())
                self.counts[at, place, own["grade"].to_numpy()] = own["patients"].to_numpy()
        if len(samples) and self.known(samples.columns):
            for who, rows in samples[samples["day"].isin(self.times)].groupby("patient"):
                self.samples[int(who)] = rows[list(self.names)].to_numpy(float)

    def known(self, columns: Iterable[str]) -> bool:
        """Whether a table has a column for each scale."""
        return bool(self.names) and set(self.names) <= set(columns)
