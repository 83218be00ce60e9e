"""Blocks of patients that were simulated already, one file each, so that a run may end and be taken up again.

A block is a pure function of (scenario, arm, seed, which patients, the program's own text), and its file lies under a
name made of these: what is there is what would be simulated, whoever did it, however many patients were asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from livingdrug.engine.cache import fingerprint
from livingdrug.errors import ScenarioError
from livingdrug.files import disk, whole_file
from livingdrug.trial.design import Design
from livingdrug.version import __version__

SIZE = 4_096  # patients of a block, whoever simulates it
PROGRAM = ("engine", "model", "biology", "spec", "scenario", "cohort", "care", "trial", "results")  # what decides
MARK = "blocks.txt"
SAID = "Blocks of virtual patients that livingdrug simulated, one file each. They may be deleted at any time.\n"
WHERE = "--blocks"


@dataclass(frozen=True)
class Blocks:
    """The folder of one arm's blocks."""

    folder: Path

    @classmethod
    def of(cls, place: Path, scenario: str, arm: str, design: Design, keep: Iterable[int]) -> Blocks:
        """The blocks in a place of one arm of a scenario (its hash without the number of patients)."""
        told = [scenario, arm, sorted(keep), __version__, program(), fingerprint(design.model)]
        name = hashlib.blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()
        return cls(place / name)

    def path(self, first: int, last: int) -> Path:
        """Where the patients [first, last) lie."""
        return self.folder / f"{first:08d}-{last:08d}.zip"

    def read(self, first: int, last: int) -> bytes | None:
        """The bytes of a block; None when it is not there."""
        try:
            return self.path(first, last).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            said = f"a block of patients cannot be read: {problem.strerror or problem}"
            raise ScenarioError(
                said, where=str(self.path(first, last)), mend="make it readable, or delete it"
            ) from None

    def write(self, first: int, last: int, data: bytes) -> None:
        """Keep a block: whole or not at all. ScenarioError when the disk refuses."""
        with disk(self.folder, WHERE):
            self.folder.mkdir(exist_ok=True)
        with whole_file(self.path(first, last), WHERE) as part:
            part.write_bytes(data)


def place(folder: str | Path) -> Path:
    """A folder for blocks, made where it is not there; ScenarioError for one that holds something else."""
    path = Path(folder)
    with disk(path, WHERE):
        path.mkdir(parents=True, exist_ok=True)
        there = any(path.iterdir())
    if there and not (path / MARK).is_file():
        raise ScenarioError(
            f"'{folder}' is not empty and holds no blocks of patients",
            where=WHERE,
            mend="name a new or empty folder; nothing was changed",
        )
    with whole_file(path / MARK, WHERE) as part:
        part.write_text(SAID, encoding="utf-8")
    return path


def spans(patients: int, size: int | None = None) -> list[tuple[int, int]]:
    """Patients [first, last) of each block, of the usual size where none is said."""
    size = size or SIZE
    return [(first, min(first + size, patients)) for first in range(0, patients, size)]


@cache
def program() -> str:
    """A digest of the program's own text, as far as it decides about patients."""
    package, h = Path(__file__).parents[1], hashlib.blake2b(digest_size=16)
    loose = sorted(package.glob("*.py"))
    for path in [*loose, *(p for room in PROGRAM for p in sorted((package / room).rglob("*.py")))]:
        h.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return h.hexdigest()
