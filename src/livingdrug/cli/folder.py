"""A run's folder appears whole or not at all: it is written beside its place under a temporary name, then renamed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from livingdrug.errors import ScenarioError
from livingdrug.files import mask

OURS = "provenance.json"  # every run folder has one


@contextmanager
def run_folder(place: Path, mark: str = OURS) -> Iterator[Path]:
    """A temporary folder that takes its place when all went well, and vanishes when not.

    An earlier run (or export, by the file `mark`) there is replaced only at that moment; a folder with anything else in
    it is never touched.
    """
    check(place, mark)
    made = not place.parent.exists()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    except OSError as problem:
        raise ScenarioError(
            f"'{place}' cannot be written: {problem.strerror or problem}",
            where="--out",
            mend="choose a folder you may write to",
        ) from None
    try:
        yield part
        part.chmod(0o777 & ~mask())
        if place.exists():
            old = part.with_suffix(".old")
            place.rename(old)
            part.rename(place)
            shutil.rmtree(old)
        else:
            part.rename(place)
    except ScenarioError as problem:
        raise _renamed(problem, str(part), str(place)) from problem
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if made:
            with suppress(OSError):
                place.parent.rmdir()  # only when it is empty


def _renamed(problem: ScenarioError, part: str, place: str) -> ScenarioError:
    """The same error with the folder's own name in place of the temporary one."""
    said = {"what": problem.what, "where": problem.where, "mend": problem.mend}
    return problem.but(**{word: x and x.replace(part, place) for word, x in said.items()})


def check(place: Path, mark: str = OURS) -> None:
    """Refuse a place that holds anything but an earlier run, or export, by its mark."""
    if place.is_symlink() and not place.exists():
        raise ScenarioError(f"'{place}' is a link to nowhere", where="--out", mend="name another folder")
    if place.exists() and not place.is_dir():
        raise ScenarioError(f"'{place}' is a file", where="--out", mend="name a folder")
    if place.resolve() in (here := Path.cwd().resolve(), *here.parents):
        said = f"'{place}' is the folder you stand in, or one above it, and it would be replaced"
        raise ScenarioError(said, where="--out", mend="name a folder inside it")
    if place.is_dir() and any(place.iterdir()) and not (place / mark).is_file():
        raise ScenarioError(
            f"'{place}' is not empty and holds no earlier {'run' if mark == OURS else 'export'}",
            where="--out",
            mend="name a new or empty folder; nothing was changed",
        )
