"""How often the classifier is right on studies that a reader judged, with intervals: from registry/classifier.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import sqrt

HALVES = ("kept", "full", "tuned")


@dataclass(frozen=True)
class Share:
    """So many right, of so many asked; low, high: 95 % interval [%] by Wilson's method."""

    right: int
    asked: int

    @property
    def percent(self) -> float:
        """Right, of those asked [%]."""
        return 100 * self.right / self.asked

    @property
    def low(self) -> float:
        """Lower end [%]."""
        return 100 * wilson(self.right, self.asked)[0]

    @property
    def high(self) -> float:
        """Upper end [%]."""
        return 100 * wilson(self.right, self.asked)[1]

    def __str__(self) -> str:
        return f"{self.right} of {self.asked}, {self.percent:.1f} % ({self.low:.1f} to {self.high:.1f})"


@dataclass(frozen=True)
class Question:
    """What was asked of the classifier. wanted: share aimed at [%]; kept, full, tuned: the half that no rule was
    written looking at, the full records in it, and the other half."""

    name: str
    asked: str
    wanted: int
    kept: Share
    full: Share
    tuned: Share

    @property
    def short(self) -> bool:
        """Whether the interval of the kept half reaches below what is aimed at."""
        return self.kept.low < self.wanted


@dataclass(frozen=True)
class Measured:
    """All questions; studies: judged by a reader, of which `therapies` give CAR cells; kept, tuned: studies of each
    half."""

    questions: tuple[Question, ...]
    studies: int
    therapies: int
    kept: int
    tuned: int


@lru_cache
def measured() -> Measured:
    """What the benchmark of the classifier found.

    >>> from livingdrug.registry.reports.classified import measured
    >>> measured().questions[0].name
    'precision'
    """
    told = tomllib.loads(files("livingdrug.library").joinpath("registry", "classifier.toml").read_text("utf-8"))
    questions = tuple(
        Question(q["name"], q["asked"], q["wanted"], *(Share(*q[half]) for half in HALVES)) for q in told["question"]
    )
    return Measured(questions, **told["about"])


def wilson(right: int, all_: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score method [0..1]; (0, 1) where nothing was counted."""
    if not all_:
        return 0.0, 1.0
    share, extra = right / all_, z * z / all_
    middle = (share + extra / 2) / (1 + extra)
    wide = z * sqrt(share * (1 - share) / all_ + extra / (4 * all_)) / (1 + extra)
    return max(0.0, middle - wide), min(1.0, middle + wide)
