"""Mechanisms, one file each. A module's file stem is its name in a scenario; only the one asked for is imported."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from livingdrug.errors import WiringError, unknown
from livingdrug.model import Module


@cache
def stems() -> dict[str, str]:
    """Stem -> import path of every mechanism file, found by scanning this folder."""
    root = Path(__file__).parent
    found: dict[str, str] = {}
    for file in sorted(root.rglob("*.py")):
        if file.name == "__init__.py":
            continue
        path = ".".join([__name__, *file.relative_to(root).with_suffix("").parts])
        if file.stem in found:
            raise WiringError(
                f"two mechanism files are called '{file.stem}'",
                where=f"{found[file.stem]} and {path}",
                mend="rename one: a stem is a module's name",
            )
        found[file.stem] = path
    return found


@cache
def find(stem: str) -> type[Module]:
    """The module class that lives in the file of this stem; WiringError with the nearest match otherwise."""
    known = stems()
    if stem not in known:
        raise unknown("module", stem, known, error=WiringError)
    there = import_module(known[stem])
    classes = [
        c
        for c in vars(there).values()
        if isinstance(c, type) and issubclass(c, Module) and c.__module__ == there.__name__ and c.role
    ]
    if not classes:
        raise WiringError(f"no module in '{known[stem]}'", mend="write a subclass of Module with a role in it")
    return classes[-1]
