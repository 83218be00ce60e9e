"""A scenario as files that ask for the same again: what was asked, and copies of every file of the user's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from livingdrug import library
from livingdrug.library import LibraryFile
from livingdrug.scenario.parts import lineage
from livingdrug.scenario.resolved import Resolved
from livingdrug.spec.scenario import SCALES

COHORT = "cohort.csv"  # the user's own patients
FOLDER = "scenario"  # where the user's own files are copied to


def files(resolved: Resolved) -> dict[str, str]:
    """Relative path -> text: `scenario.toml`, which runs the same again, and the user's files that it needs."""
    own = _named_by_path(resolved)
    found = dict(_named_by_library(resolved))
    top = resolved.chain[0]
    trial = top.name
    if own:
        root = Path(os.path.commonpath([path.parent for path in own]))
        places = {path: PurePosixPath(FOLDER, path.relative_to(root).as_posix()) for path in own}
        for path, place in places.items():
            found[str(place)] = _relinked(path, places)
        if top.kind == "scenario":
            trial = str(places[top.path.resolve()])
    head = ["# Runs the same again: livingdrug run scenario.toml", f"trial = {json.dumps(trial)}"]
    head += [f"{key} = {toml(x)}" for key, x in _words(resolved).items()]
    asked = {path: _copied(x, found) if path in SCALES else x for path, x in resolved.sets.items()}
    if resolved.own:
        found[COHORT], asked["cohort.file"] = resolved.own.text, COHORT
    sets = [f"{toml(path)} = {toml(x)}" for path, x in asked.items()]
    return {"scenario.toml": "\n".join([*head, *(["", "[set]", *sets] if sets else []), ""]), **found}


def _words(resolved: Resolved) -> dict[str, Any]:
    """Name, title and how many patients from which seed."""
    words = {"name": resolved.name, "title": resolved.title, "patients": resolved.patients, "seed": resolved.seed}
    return {key: x for key, x in words.items() if x is not None and key not in resolved.sets}


def _named_by_path(resolved: Resolved) -> list[Path]:
    """The user's files that a scenario names by their path."""
    entries = [*resolved.chain, *(e for found in resolved.entries.values() for e in found)]
    return list(dict.fromkeys(e.path.resolve() for e in entries if _folder_of(e.path) is None))


def _named_by_library(resolved: Resolved) -> Iterator[tuple[str, str]]:
    """The files of a user's own library, which are found by their names again in a folder `library` beside."""
    stems = resolved.modules.values()
    mechanisms = [e for s in stems if s in library.names("mechanisms") for e in lineage(library.find("mechanisms", s))]
    entries: list[LibraryFile] = [
        *(e for named in resolved.chain for e in lineage(named)),
        *(e for found in resolved.entries.values() for e in found),
        *mechanisms,
    ]
    for entry in entries:
        folder = _folder_of(entry.path)
        if folder is None or folder == library.HERE:
            continue
        for path in (entry.path, entry.path.with_suffix(".py")):
            if path.is_file():
                inside = path.resolve().relative_to(folder).as_posix()
                yield str(PurePosixPath("library", inside)), path.read_text("utf-8")


def _folder_of(path: Path) -> Path | None:
    """The library folder in which a file stands, if it stands in one."""
    folders = [folder.resolve() for folder in library.folders()]
    return next((folder for folder in folders if path.resolve().is_relative_to(folder)), None)


def _copied(name: Any, files: Mapping[str, str]) -> Any:
    """A scale's file by the place of its copy."""
    if isinstance(name, list):
        return [_copied(x, files) for x in name]
    stands = (place for place in files if place.startswith(f"{FOLDER}/") and Path(place).name == Path(str(name)).name)
    return next(stands, name)


def _relinked(path: Path, places: Mapping[Path, PurePosixPath]) -> str:
    """A file's text; what it names by an absolute path, it names by the copy's."""
    text = path.read_text(encoding="utf-8-sig")
    here = places[path].parent
    for other, place in places.items():
        for quote in (json.dumps(str(other)), f"'{other}'"):
            text = text.replace(quote, json.dumps(Path(os.path.relpath(place, here)).as_posix()))
    return text


def toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml(k)} = {toml(x)}" for k, x in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON allows, and TOML does not
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, (bool, int)) else repr(float(value))
