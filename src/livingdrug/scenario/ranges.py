"""How far each number of a scenario could be from what it is: what its file says of its uncertainty, else what the
ensemble around a fit leaves open, else a factor that goes with its kind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from livingdrug.errors import unknown
from livingdrug.parameters import Parameter, Variability
from livingdrug.scenario.plausible import plausible
from livingdrug.scenario.resolved import Resolved

FACTORS = {"measured": 1.25, "derived": 1.5, "fitted": 1.5, "assumed": 2.0}  # our choice: times or by so much
CENTRAL = 1.959964  # standard deviations that hold 95 %
SD = ".variability.sd"


@dataclass(frozen=True)
class Range:
    """One number between low and high [unit]. name: its path, or that of its variability's sd; scale: on which equal
    parts of the range are alike: of the number, its logarithm or its odds between the ends `within`; basis: why."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    basis: str
    scale: Literal["plain", "log", "odds"] = "log"
    within: tuple[float, float] = (0.0, 1.0)

    @property
    def path(self) -> str:
        """The number's own path."""
        return self.name.removesuffix(SD)

    def at(self, share: float) -> float:
        """The value at a share (0 to 1) of the way from low to high."""
        if self.scale == "plain":
            return self.low + share * (self.high - self.low)
        if self.scale == "log":
            return self.low * (self.high / self.low) ** share
        ends = [_odds(x, self.within) for x in (self.low, self.high)]
        return _share(ends[0] * (ends[1] / ends[0]) ** share, self.within)

    def laid(self, parameters: Mapping[str, Parameter], share: float) -> Parameter:
        """The parameter with the value there."""
        own, there = parameters[self.path], self.at(share)
        if self.name == self.path:
            return replace(own, value=there)
        assert own.variability is not None
        return replace(own, variability=replace(own.variability, sd=there))


def _odds(x: float, within: tuple[float, float]) -> float:
    return (x - within[0]) / (within[1] - x)


def _share(odds: float, within: tuple[float, float]) -> float:
    return within[0] + (within[1] - within[0]) * odds / (1.0 + odds)


def ranges(resolved: Resolved) -> tuple[list[Range], dict[str, str]]:
    """The range of every number of a scenario, in the model's order; and why some have none, by path."""
    found, fixed = [], dict[str, str]()
    fitted: dict[str, Range] = {}
    drawn = plausible(resolved, strict=False)
    for c in drawn.columns:
        own = resolved.parameters[c.path]
        values = [c.of(c.laid(own, k)) for k in range(drawn.sets)] + [c.of(own)]
        name, unit = (c.path + SD, "1") if c.varies else (c.path, own.unit)
        scale: Literal["plain", "log"] = "log" if min(values) > 0 else "plain"
        basis = f"the ensemble around the fit '{c.fit}'"
        fitted[name] = Range(name, c.of(own), min(values), max(values), unit, basis, scale)
    for path, p in resolved.parameters.items():
        if p.variability and p.variability.distribution in ("uniform", "table"):
            fixed[path] = f"its distribution ({p.variability.distribution}) has no use for its value"
        elif p.uncertainty and (said := _uncertain(p, p.uncertainty)):
            found.append(said)
        elif path in fitted:
            found.append(fitted[path])
        elif p.value == 0.0:
            fixed[path] = "it is 0, which no factor changes"
        else:
            found.append(_by_kind(p))
        if path + SD in fitted:
            found.append(fitted[path + SD])
    return [r for r in found if r.low < r.high], fixed


def _uncertain(p: Parameter, u: Variability) -> Range | None:
    """What the number's own uncertainty says: the central 95 % of its distribution."""
    basis, far = f"its uncertainty ({u})", CENTRAL * u.sd
    if u.distribution == "uniform" and u.low is not None and u.high is not None:
        return Range(p.path, p.value, u.low, u.high, p.unit, basis, "plain")
    if u.distribution == "log-normal" and p.value > 0:
        ends = p.value * math.exp(-far), p.value * math.exp(far)
        return Range(p.path, p.value, *ends, p.unit, basis)
    if u.distribution == "normal":
        low = p.value - far
        return Range(p.path, p.value, max(low, 0.0) if p.value >= 0 else low, p.value + far, p.unit, basis, "plain")
    within = (0.0 if u.low is None else u.low, 1.0 if u.high is None else u.high)
    if u.distribution == "logit-normal" and within[0] < p.value < within[1]:
        return _by_odds(p, math.exp(far), within, basis)
    return None


def _by_kind(p: Parameter) -> Range:
    """A factor that goes with the number's kind; of what is a share, its odds."""
    by = FACTORS[p.kind]
    v = p.variability
    if v and v.distribution == "logit-normal":
        within = (0.0 if v.low is None else v.low, 1.0 if v.high is None else v.high)
    else:
        within = (0.0, 1.0)
    if (p.unit == "1" or (v and v.distribution == "logit-normal")) and within[0] < p.value < within[1]:
        return _by_odds(p, by, within, f"{p.kind}: odds times or by {by:g}")
    low, high = sorted((p.value / by, p.value * by))
    return Range(p.path, p.value, low, high, p.unit, f"{p.kind}: times or by {by:g}")


def _by_odds(p: Parameter, by: float, within: tuple[float, float], basis: str) -> Range:
    odds = _odds(p.value, within)
    low, high = (_share(x, within) for x in (odds / by, odds * by))
    return Range(p.path, p.value, low, high, p.unit, basis, "odds", within)


def chosen(found: Sequence[Range], words: Sequence[str], fixed: Mapping[str, str]) -> list[Range]:
    """Those that are named, by the path or its beginning ("kinetics", "kinetics.growth"); all of them without words.

    UnknownName for a word that names none, ScenarioError for one whose number has no range.
    """
    if not words:
        return list(found)
    kept: dict[str, Range] = {}
    for word in words:
        named = [r for r in found if r.name == word or r.name.startswith(f"{word}.")]
        if not named:
            left = f" (it has no range: {fixed[word]})" if word in fixed else ""
            raise unknown(f"number or mechanism with a range{left}:", word, [r.name for r in found], "--parameters")
        kept |= {r.name: r for r in named}
    return list(kept.values())


def role(path: str, resolved: Resolved) -> str:
    """The mechanism's seat that a number belongs to."""
    return max((r for r in resolved.modules if path.startswith(f"{r}.")), key=len, default=path.partition(".")[0])
