"""The distributions by which patients differ, each a function of one uniform or normal draw per patient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.errors import SourceError

Floats = NDArray[np.float64]
TAIL = 4.0  # standard deviations; nobody is drawn further out (6 in 100,000 would be)
MOST = 50.0  # largest exponent of a log-normal factor


def normal(seed: int, ids: NDArray[Any], what: str) -> Floats:
    """Standard normal draws (n,), cut at four standard deviations without piling up there."""
    from scipy.special import ndtr, ndtri

    beyond = ndtr(-TAIL)
    return ndtri(beyond + rng.uniform(seed, ids, what) * (1.0 - 2.0 * beyond))


def log_normal(middle: float | Floats, shift: Floats) -> Floats:
    """middle * exp(shift): `middle` is the median."""
    return np.asarray(middle * np.exp(np.clip(shift, -MOST, MOST)))


def logit_normal(middle: float, shift: Floats, low: float, high: float, where: str) -> Floats:
    """Between low and high with median `middle`; a middle at either end stays there."""
    if not low <= middle <= high:
        raise SourceError(
            f"{middle:g} is not between {low:g} and {high:g}, its logit-normal distribution's ends",
            where=where,
            mend="choose a value between them, or give variability = { low = ..., high = ... } as well (false: none)",
        )
    if middle in (low, high):
        return np.full(shift.shape, middle)
    share = (middle - low) / (high - low)
    centre = np.log(share / (1.0 - share))
    return low + (high - low) / (1.0 + np.exp(-np.clip(centre + shift, -MOST, MOST)))


def bounded(values: Floats, low: float | None, high: float | None) -> Floats:
    """Values within the bounds of their distribution, where it has any."""
    return values if low is None and high is None else np.clip(values, low, high)


def correlation(matrix: Any, names: list[str], where: str) -> Floats:
    """The lower triangle L with L L' = the correlation matrix; SourceError when it is none."""
    try:
        given = np.array(matrix, dtype=float)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.shape != (len(names), len(names)):
        size = f"{len(names)} x {len(names)}"
        raise SourceError(
            f"the correlation matrix of {', '.join(names)} is not {size}",
            where=where,
            mend="give a row and a column for each path",
        )
    if not np.allclose(given, given.T) or not np.allclose(np.diag(given), 1.0):
        raise SourceError(
            f"the correlation matrix of {', '.join(names)} is not symmetric with ones on its diagonal",
            where=where,
            mend="write each correlation twice, and 1 on the diagonal",
        )
    try:
        return np.linalg.cholesky(given)
    except np.linalg.LinAlgError:
        raise SourceError(
            f"the correlations of {', '.join(names)} contradict each other",
            where=where,
            mend="bring the off-diagonal numbers nearer to zero",
        ) from None
