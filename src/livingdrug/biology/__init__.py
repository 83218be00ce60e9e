"""Mechanisms, one file each. A module's file stem is its name in a scenario; only the one asked for is imported.

A user's own mechanisms are Python files in `mechanisms/` and `models/` of the folders that `library.folders` names.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from livingdrug import library
from livingdrug.errors import LivingDrugError, WiringError, unknown
from livingdrug.model import Module
from livingdrug.model.alone import alone

ROOT = Path(__file__).parent
YOURS = "livingdrug.biology.yours"  # under this name a user's file is imported, followed by its stem
FOLDERS = ("mechanisms", "models")


def stems() -> dict[str, str]:
    """Stem -> import path of every mechanism of the package, file of every mechanism of the user's own folders."""
    return {**{stem: str(path) for stem, path in _yours().items()}, **_ours()}


@cache
def _ours() -> dict[str, str]:
    """Stem -> import path of every mechanism file in this folder."""
    found: dict[str, str] = {}
    for file in sorted(ROOT.rglob("*.py")):
        if file.name == "__init__.py":
            continue
        path = ".".join([__name__, *file.relative_to(ROOT).with_suffix("").parts])
        if file.stem in found:
            raise _twice(file.stem, found[file.stem], path)
        found[file.stem] = path
    return found


def _yours() -> dict[str, Path]:
    """Stem -> file of every mechanism in the user's folders; of two, the one in the first folder."""
    found: dict[str, Path] = {}
    for folder in library.folders():
        here: dict[str, Path] = {}
        for file in sorted(f for kind in FOLDERS for f in (folder / kind).glob("*.py")):
            if file.stem in here:
                raise _twice(file.stem, library.shown(here[file.stem]), library.shown(file))
            here[file.stem] = file
        found = {**here, **found}
    for stem, file in found.items():
        if stem in _ours() and file.read_bytes() != _package_file(stem).read_bytes():
            raise _twice(stem, _ours()[stem], library.shown(file))
    return found


def _package_file(stem: str) -> Path:
    return ROOT.joinpath(*_ours()[stem].split(".")[2:]).with_suffix(".py")


def _twice(stem: str, one: str, other: str) -> WiringError:
    return WiringError(
        f"two mechanism files are called '{stem}'",
        where=f"{one} and {other}",
        mend="rename one: a stem is a module's name",
    )


def find(stem: str) -> type[Module]:
    """The module class that lives in the file of this stem; WiringError with the nearest match otherwise."""
    yours = _yours()
    if stem not in _ours() and stem in yours:
        return _from_file(stem, yours[stem])
    return _from_package(stem)


@cache
def _from_package(stem: str) -> type[Module]:
    if stem not in _ours():
        raise unknown("module", stem, stems(), error=WiringError)
    return _last_class(import_module(_ours()[stem]), _ours()[stem])


def _last_class(there: ModuleType, file: str) -> type[Module]:
    classes = [
        c
        for c in vars(there).values()
        if isinstance(c, type) and issubclass(c, Module) and c.__module__ == there.__name__ and c.role
    ]
    if not classes:
        raise WiringError(
            "the file holds no mechanism", where=file, mend="write a subclass of Module with a role in it"
        )
    return classes[-1]


def _from_file(stem: str, path: Path) -> type[Module]:
    """The class in a user's file: imported by its path, again when its text has changed, and tried out once."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise WiringError(f"the file cannot be read: {problem}", where=library.shown(path)) from None
    name, digest = f"{YOURS}.{stem}", hashlib.sha256(f"{path}\0{text}".encode()).hexdigest()
    known = sys.modules.get(name)
    if known is not None and vars(known)["__digest__"] == digest:
        return _last_class(known, library.shown(path))
    there = ModuleType(name)
    there.__file__ = str(path)
    vars(there)["__digest__"] = digest
    before = sys.modules.get(name)
    sys.modules[name] = there
    try:
        exec(compile(text, str(path), "exec"), vars(there))
        found = _last_class(there, library.shown(path))
        alone(found)
        return found
    except (Exception, SystemExit) as problem:
        sys.modules.pop(name)
        if before is not None:
            sys.modules[name] = before
        raise _mistake(problem, path) from problem


def _mistake(problem: BaseException, path: Path) -> LivingDrugError:
    """A user's mistake in Python as one message, with the line of their file on which it shows."""
    lines = [f.lineno for f in traceback.extract_tb(problem.__traceback__) if f.filename == str(path)]
    line = problem.lineno if isinstance(problem, SyntaxError) else (lines[-1] if lines else None)
    where = f"{library.shown(path)}:{line}" if line else library.shown(path)
    if isinstance(problem, LivingDrugError):
        return type(problem)(problem.what, where, problem.allowed, problem.nearest, problem.mend)
    what = problem.msg if isinstance(problem, SyntaxError) else str(problem)
    return WiringError(
        f"{type(problem).__name__}: {what or 'no more is said'}", where, mend="correct the Python of this mechanism"
    )
