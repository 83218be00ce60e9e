"""One run of a virtual trial, as pages and programs see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STATES = ("waiting", "running", "done", "failed", "cancelled")
FINAL = ("done", "failed", "cancelled")
STEPS = ("waiting", "compiling", "running", "report")


@dataclass(frozen=True)
class Job:
    """One run of a virtual trial.

    key: of the question; the same question has the same key. text: the scenario, or the name of a library trial;
    sets: path -> value, laid on top; files: name -> text of what stands beside the scenario. state: one of STATES;
    step: one of STEPS; arm: the one being simulated; done, total: patients, of all arms together. error: the object of
    `faults.shape`, or None. folder: the result, once it is there, as `livingdrug run --out` writes it. created,
    finished: times [UTC], as 2026-11-30T14:00:00Z. notes: what a reader should know of what was asked.
    """

    key: str
    title: str
    text: str = field(repr=False)
    patients: int
    seed: int
    state: str
    step: str
    done: int
    total: int
    error: Mapping[str, Any] | None
    folder: Path | None
    created: str
    finished: str | None
    arm: str | None = None
    arms: int = 1
    sets: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL

    @property
    def called(self) -> str:
        """The title for a reader, who has not seen the file in which a scenario is laid."""
        return self.title.replace("as changed in scenario.toml; ", "").replace("as changed in scenario.toml", "changed")

    @property
    def result(self) -> Path | None:
        """The file of what `livingdrug run --json` prints; None until the run is done."""
        return self.folder and self.folder.with_suffix(".json")


def now() -> str:
    """The time, as jobs write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
