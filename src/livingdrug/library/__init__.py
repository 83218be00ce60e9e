"""The library: knowledge as TOML files, found by scanning folders. Kinds are the folders' names.

Folders named in the environment variable LIVINGDRUG_LIBRARY are searched as well, before the package's own.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from livingdrug.errors import ScenarioError, nearest, unknown
from livingdrug.library.lines import lines_of
from livingdrug.library.located import Located, Place, locate
from livingdrug.parameters import Source

HERE = Path(__file__).resolve().parent
KINDS = ("products", "populations", "tumours", "drugs", "mechanisms", "protocols", "trials", "scales", "models", "fits")
LARGEST = 4_000_000  # bytes; a TOML file above this is not one of ours


@dataclass(frozen=True)
class Entry:
    """One TOML file: its data, and on which line each key stands."""

    kind: str
    name: str
    path: Path
    data: Mapping[str, Any] = field(repr=False)
    text: str = field(repr=False)

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.data.get("title", self.name))

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names it answers to."""
        return tuple(map(str, self.data.get("aliases", ())))

    @property
    def file(self) -> str:
        """The path as shown: from the library's root for our own files, else as the user knows it."""
        return shown(self.path)

    @cached_property
    def table(self) -> Located:
        """The data with the place of every key, for typed objects (`spec`) and for messages."""
        ours = self.path.resolve().is_relative_to(HERE)
        file = self.file  # asked once: a path's own name takes the file system a while

        def place(dotted: str) -> Place:
            line = self.line(dotted)
            return Place(f"{file}:{line}" if line else file, ours)

        found: Located = locate(self.data, place)
        return found

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources this file defines."""
        given = self.data.get("sources", {})
        return {key: Source.read(key, data, self.where(f"sources.{key}")) for key, data in given.items()}

    @cached_property
    def lines(self) -> dict[str, int]:
        """Dotted path -> line number."""
        return lines_of(self.text)

    def line(self, dotted: str) -> int | None:
        """The line on which a dotted path (or the nearest table above it) stands."""
        while dotted:
            if dotted in self.lines:
                return self.lines[dotted]
            dotted = dotted.rpartition(".")[0]
        return None

    def where(self, dotted: str = "") -> str:
        """file:line of a dotted path."""
        line = self.line(dotted)
        return f"{self.file}:{line}" if line else self.file


def shown(path: Path) -> str:
    """How a file is named in messages, results and hashes (never by the machine's own folders for library files)."""
    try:
        return str(Path("library") / path.resolve().relative_to(HERE).as_posix())
    except ValueError:
        try:
            return path.resolve().relative_to(Path.cwd()).as_posix()
        except ValueError:
            return path.as_posix()


def folders() -> list[Path]:
    """Where the library is looked for: the user's own folders first."""
    own = [Path(p) for p in os.environ.get("LIVINGDRUG_LIBRARY", "").split(os.pathsep) if p]
    return [*own, HERE]


def read(path: Path, kind: str = "", name: str = "") -> Entry:
    """Read one TOML file; every way it can fail is a ScenarioError with file and line."""
    if "\0" in str(path):
        raise ScenarioError(f"{str(path)!r} is not a file's name", mend="check the name")
    try:
        stat = path.stat()
        if path.is_dir():
            raise ScenarioError(f"'{shown(path)}' is a folder, not a TOML file", mend="name the file in it")
        if stat.st_size > LARGEST:
            raise ScenarioError(
                f"'{shown(path)}' is {stat.st_size / 1e6:.0f} MB: not a scenario or library file",
                allowed=f"TOML files up to {LARGEST / 1e6:.0f} MB",
            )
        return _read(path, stat.st_mtime_ns, stat.st_size, kind or path.parent.name, name or path.stem)
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise ScenarioError(
            f"there is no file '{shown(path)}'",
            nearest=nearest(path.name, beside),
            mend="check the name and the folder",
        ) from None
    except OSError as problem:
        raise ScenarioError(
            f"'{shown(path)}' cannot be read: {problem.strerror or problem}", mend="check the file's permissions"
        ) from None


@lru_cache(maxsize=512)
def _read(path: Path, modified: int, size: int, kind: str, name: str) -> Entry:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise ScenarioError(
            "the file is not UTF-8 text", where=f"{shown(path)}:{line}", mend="save it as UTF-8"
        ) from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"\(at line (\d+)", str(problem))
        line = int(place[1]) if place else text.count("\n") + 1
        what = re.sub(r"\s*\(at .*\)$", "", str(problem))
        raise ScenarioError(
            f"not valid TOML: {what}",
            where=f"{shown(path)}:{line}",
            mend="text needs quotes, a table a [header], a list [ , ]; dates must exist",
        ) from None
    except RecursionError:
        raise ScenarioError("the file is nested too deeply", where=shown(path), mend="use fewer levels") from None
    return Entry(kind, name, path, data, text)


def names(kind: str) -> list[str]:
    """Names of all entries of a kind, sorted."""
    _known(kind)
    return sorted({p.stem for folder in folders() for p in (folder / kind).glob("*.toml")})


def find(kind: str, name: str, beside: Path | None = None, where: str | None = None) -> Entry:
    """The entry of a kind by its name or an alias; a name ending in .toml is a file, looked for beside another."""
    kind = _known(kind)
    if not isinstance(name, str):
        raise ScenarioError(f"{name!r} is not the name of a {kind.removesuffix('s')}", where=where, allowed=names(kind))
    if name.endswith(".toml"):
        return read((beside or Path()) / name, kind)
    for folder in folders():
        path = folder / kind / f"{name}.toml"
        if re.fullmatch(r"[\w+.-]+", name) and path.is_file():
            return read(path, kind, name)
    known = names(kind)
    aliases = {alias.lower(): n for n in known for alias in (n, *find(kind, n).aliases)}
    if name.lower() in aliases:
        return find(kind, aliases[name.lower()])
    raise (
        unknown(kind.removesuffix("s"), name, known, where)
        if nearest(name, known)
        else ScenarioError(
            f"unknown {kind.removesuffix('s')} '{name}'",
            where=where,
            allowed=", ".join(known) or "nothing yet",
            nearest=aliases.get(nearest(name.lower(), aliases) or ""),
        )
    )


def everywhere(name: str) -> list[Entry]:
    """Every entry that answers to a name, of whatever kind."""
    found = []
    for kind in KINDS:
        for n in names(kind):
            entry = find(kind, n)
            if name.lower() in (n.lower(), *(a.lower() for a in entry.aliases)):
                found.append(entry)
    return found


def _known(kind: str) -> str:
    if kind in KINDS:
        return kind
    if kind + "s" in KINDS:
        return kind + "s"
    raise unknown("kind of library entry", kind, KINDS)
