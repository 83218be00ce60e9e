"""How patients of an SBML file differ in one value: a distribution around what the file gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.errors import ScenarioError, nearest

Floats = NDArray[np.float64]
FORMS = "NAME=lognormal:SD (of the logarithm), NAME=normal:SD or NAME=uniform:LOW,HIGH"
KINDS = ("lognormal", "normal", "uniform")
TAIL = 4.0  # standard deviations; nobody is drawn further out


@dataclass(frozen=True)
class Vary:
    """A distribution of one value. lognormal: the file's value is the median, a the SD of the logarithm; normal: the
    file's value is the mean, a the SD in its unit; uniform: between a and b. Normal draws end at four SD."""

    kind: str
    a: float
    b: float = 0.0
    notes: list[str] = field(default_factory=list, compare=False)

    def draw(self, name: str, typical: float, seed: int, ids: NDArray[Any]) -> Floats:
        """One value for each patient (patients,). typical: the file's value; seed, name: of the random stream."""
        u = rng.uniform(seed, ids, f"sbml {name}")
        if self.kind == "uniform":
            return self.a + (self.b - self.a) * u
        if not np.isfinite(typical):
            raise ScenarioError(f"'{name}' is {typical:g} in the file", where="--vary", allowed="uniform:LOW,HIGH")
        from scipy.special import ndtr, ndtri

        beyond = ndtr(-TAIL)
        z = ndtri(beyond + u * (1.0 - 2.0 * beyond))
        if self.kind == "lognormal":
            if typical == 0.0:
                raise ScenarioError(
                    f"'{name}' is 0 in the file, and stays 0 however it is multiplied",
                    where=f"--vary {name}=lognormal:{self.a:g}",
                    mend="use normal:SD or uniform:LOW,HIGH, or give the file another value",
                )
            return np.asarray(typical * np.exp(self.a * z))
        drawn = typical + self.a * z
        turned = int(np.sum(drawn * typical < 0.0))
        if turned:
            self.notes.append(
                f"'{name}' has the other sign than in the file for {turned} of {len(ids)} patients "
                f"(normal:{self.a:g} around {typical:g}); lognormal keeps the sign"
            )
        return np.asarray(drawn)


def variability(texts: Iterable[str]) -> dict[str, Vary]:
    """Distributions from ["NAME=lognormal:0.3", "NAME=uniform:1,2", ...]."""
    found: dict[str, Vary] = {}
    for text in texts:
        name, equals, said = (x.strip() for x in text.partition("="))
        if not (name and equals and said):
            raise ScenarioError(f"'{text[:80]}' says not how patients differ", where="--vary", allowed=FORMS)
        if name in found:
            raise ScenarioError(f"'{name}' varies twice", where="--vary", mend="keep one of them")
        found[name] = _distribution(text, said)
    return found


def _distribution(text: str, said: str) -> Vary:
    kind, _, rest = said.partition(":")
    where = f"--vary {text[:80]}"
    if kind not in KINDS:
        raise ScenarioError(
            f"'{kind[:40]}' is not a distribution", where=where, allowed=FORMS, nearest=nearest(kind, KINDS)
        )
    try:
        numbers = [float(x) for x in rest.split(",")]
    except ValueError:
        numbers = []
    wanted = 2 if kind == "uniform" else 1
    if len(numbers) != wanted or not np.all(np.isfinite(numbers)):
        raise ScenarioError(
            f"'{rest[:40]}' is not {'two numbers' if wanted == 2 else 'a number'}", where=where, allowed=FORMS
        )
    if kind == "uniform" and not numbers[0] < numbers[1]:
        raise ScenarioError("the low end is not below the high end", where=where, allowed="uniform:LOW,HIGH")
    if kind != "uniform" and not numbers[0] > 0.0:
        raise ScenarioError(f"a standard deviation of {numbers[0]:g} cannot be", where=where, allowed="above 0")
    if kind == "lognormal" and numbers[0] > 5.0:
        raise ScenarioError(
            f"a standard deviation of {numbers[0]:g} of the logarithm spans {numbers[0] * 3.5:.0f} powers of ten",
            where=where,
            allowed="up to 5",
            mend="the SD of lognormal is that of the natural logarithm: 0.3 is about 30 %",
        )
    return Vary(kind, numbers[0], numbers[-1] if wanted == 2 else 0.0)
