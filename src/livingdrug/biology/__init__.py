"""Mechanisms, one file each. A module's file stem is its name in a scenario; only the one asked for is imported.

A user's own mechanisms are Python files in `mechanisms/` and `models/` of the folders that `library.folders` names.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from livingdrug import library
from livingdrug.biology import yours
from livingdrug.errors import WiringError, unknown
from livingdrug.model import Module

ROOT = Path(__file__).parent


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
            raise yours.twice(file.stem, found[file.stem], path)
        found[file.stem] = path
    return found


def _yours() -> dict[str, Path]:
    """Stem -> file of every mechanism in the user's folders; none may take the name of one of the package."""
    found = yours.files()
    for stem, file in found.items():
        if stem in _ours() and not (file.is_file() and file.read_bytes() == _package_file(stem).read_bytes()):
            raise yours.twice(stem, _ours()[stem], library.shown(file))
    return found


def _package_file(stem: str) -> Path:
    return ROOT.joinpath(*_ours()[stem].split(".")[2:]).with_suffix(".py")


def find(stem: str) -> type[Module]:
    """The module class that lives in the file of this stem; WiringError with the nearest match otherwise."""
    if stem in _yours() and stem not in _ours():
        return yours.load(stem)
    return _from_package(stem)


@cache
def _from_package(stem: str) -> type[Module]:
    if stem not in _ours():
        raise unknown("module", stem, stems(), error=WiringError)
    return yours.last_class(import_module(_ours()[stem]), _ours()[stem])
