"""An ensemble of the library's own numbers as a file of a user's library, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from livingdrug.fit.descend import End
from livingdrug.fit.plausible import Draw
from livingdrug.fit.targets import Fit, Free
from livingdrug.fit.writing import ensemble_text
from livingdrug.scenario import resolve

PATHS = ("kinetics.growth", "tumour.kill", "cytokines.working", "tumour.growth")


def written(
    folder: Path,
    sets: Sequence[Sequence[float]],
    paths: Sequence[str] = PATHS,
    name: str = "eliana",
    varies: Callable[[str], bool] = lambda path: False,
) -> Path:
    """A library folder with an ensemble in which each set holds a factor for each number."""
    resolved = resolve("eliana")
    free = tuple(Free(p, varies(p), 0.3) for p in paths)
    fit = Fit(name, "eliana", 10, 1, free, (), {}, Path())
    logs = np.log([f.of(resolved) for f in free])
    end = End(logs, 10.0, np.zeros(0), np.zeros((0, 0)))
    draws = [Draw(logs + np.log(factors), 11.0, 1.0) for factors in sets]
    file = folder / "ensembles" / f"{name}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(ensemble_text(fit, resolved, end, draws, 1), encoding="utf-8")
    return folder
