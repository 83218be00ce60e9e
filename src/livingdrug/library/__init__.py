"""The library: knowledge as TOML files, found by scanning folders. Kinds are the folders' names.

A user's own folders, named in the environment variable LIVINGDRUG_LIBRARY or with `also`, have the same subfolders and
are searched before the package's own: an entry of theirs stands before the package's entry of the same name. Two
entries of different names may not share a name or alias.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from livingdrug.errors import LivingDrugError, ScenarioError, nearest, unknown
from livingdrug.library.lines import lines_of
from livingdrug.library.located import Located, Place, locate, mistakable
from livingdrug.parameters import Source

HERE = Path(__file__).resolve().parent
_ROOT = f"{HERE}{os.sep}"
KINDS = (
    "products",
    "costimulation",
    "manufacture",
    "comparators",
    "populations",
    "tumours",
    "drugs",
    "mechanisms",
    "protocols",
    "trials",
    "scales",
    "models",
    "agents",
    "fits",
    "ensembles",
)
ENV = "LIVINGDRUG_LIBRARY"
LARGEST = 4_000_000  # bytes; a TOML file above this is not one of ours
MOST = 10_000  # keys in a file
LISTED = 20_000  # values in the lists of a file
LONGEST = 20_000  # characters of a text, or of a key
DEEPEST = 50  # levels of tables and lists in a file


@dataclass(frozen=True, eq=False)
class LibraryFile:
    """One TOML file: its data, and on which line each key stands. A file that was not changed is the same object."""

    kind: str
    name: str
    path: Path
    data: Mapping[str, Any] = field(repr=False)
    text: str = field(repr=False)

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.data.get("title", self.name))

    def says(self, word: str) -> str:
        """A text at the top of the file, as `product` of a trial; "" where there is none."""
        said = self.data.get(word)
        return said if isinstance(said, str) else ""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names it answers to."""
        given = self.data.get("aliases", [])
        if not isinstance(given, list) or not all(isinstance(x, str) and x.strip() == x != "" for x in given):
            raise ScenarioError(
                f"aliases = {given!r} is not a list of names",
                where=self.where("aliases"),
                mend='write aliases = ["another name"]',
            )
        return tuple(given)

    @property
    def file(self) -> str:
        """The path as shown: from the library's root for our own files, else as the user knows it."""
        return shown(self.path)

    @cached_property
    def ours(self) -> bool:
        """Whether it is one of the package's own."""
        return self.path.resolve().is_relative_to(HERE)

    @cached_property
    def table(self) -> Located:
        """The data with the place of every key, for typed objects (`spec`) and for messages."""
        ours, file = self.ours, self.file  # asked once: a path's own name takes the file system a while

        def place(dotted: str) -> Place:
            line = self.line(dotted)
            return Place(f"{file}:{line}" if line else file, ours)

        found: Located = locate(self.data, place)
        return found

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources this file defines."""
        given = self.table.get("sources", {})
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


class Stamp(NamedTuple):
    """A file of the library, when it was written [ns] and its size [byte]: another stamp, another text."""

    name: str
    path: str
    written: int
    size: int


def shown(path: Path) -> str:
    """How a file is named in messages, results and hashes (never by the machine's own folders for library files)."""
    if (text := str(path)).startswith(_ROOT) and ".." not in text:
        return f"library/{path.as_posix()[len(_ROOT) :]}"
    try:
        return str(Path("library") / path.resolve().relative_to(HERE).as_posix())
    except (ValueError, RuntimeError):  # elsewhere, or a link in a circle
        try:
            return path.resolve().relative_to(Path.cwd()).as_posix()
        except (ValueError, RuntimeError):
            return path.as_posix()


def folders() -> list[Path]:
    """Where the library is looked for: the user's own folders first, the one named last before the others."""
    own = [Path(p) for p in os.environ.get(ENV, "").split(os.pathsep) if p]
    for folder in own:
        _folder(folder)
    return [*dict.fromkeys(own), HERE]


def _folder(folder: Path) -> None:
    """ScenarioError for a folder that is none, or one in which a kind's name is misspelt: nothing in it would count."""
    if not folder.is_dir():
        beside = [p.name for p in folder.parent.iterdir() if p.is_dir()] if folder.parent.is_dir() else []
        said = f"{ENV} names '{shown(folder)}', which is no folder"
        raise ScenarioError(said, nearest=nearest(folder.name, beside), mend=f"make it, or take it out of {ENV}")
    for inside in _inside(folder):
        if inside not in KINDS and (close := mistakable(inside, KINDS)):
            raise ScenarioError(
                f"'{inside}' is no kind of the library: nothing in it counts",
                where=shown(folder / inside),
                allowed=KINDS,
                nearest=close,
                mend="rename the folder",
            )


def _inside(folder: Path) -> list[str]:
    """The names of the folders in a folder."""
    try:
        return [file.name for file in os.scandir(folder) if file.is_dir()]
    except OSError:
        return []


def also(folder: Path) -> ExitStack:
    """Look in this folder too, before all others; `with also(folder): ...` only for a while.

    The folder is kept in LIVINGDRUG_LIBRARY, so that worker processes started from now on look there as well.
    """
    wanted = str(folder.resolve())
    if os.pathsep in wanted:
        raise ScenarioError(
            f"'{shown(folder)}' cannot be a library folder: its path holds '{os.pathsep}'",
            mend=f"move it, or rename the folder; '{os.pathsep}' parts the folders of {ENV}",
        )
    before = os.environ.get(ENV)
    others = [p for p in (before or "").split(os.pathsep) if p and p != wanted]
    os.environ[ENV] = os.pathsep.join([wanted, *others])
    undo = ExitStack()
    undo.callback(_restore, before)
    return undo


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(ENV, None)
    else:
        os.environ[ENV] = before


def read(path: Path, kind: str = "", name: str = "") -> LibraryFile:
    """Read one TOML file; every way it can fail is a ScenarioError with file and line."""
    if "\0" in str(path):
        raise ScenarioError(f"{str(path)!r} is not a file's name", mend="check the name")
    try:
        stat = path.stat()
        if not path.is_file():
            is_, mend = ("a folder", "name the file in it") if path.is_dir() else ("a device or pipe", "name a file")
            raise ScenarioError(f"'{shown(path)}' is {is_}, not a TOML file", where=shown(path), mend=mend)
        if stat.st_size > LARGEST:
            raise ScenarioError(
                f"'{shown(path)}' is {stat.st_size / 1e6:.0f} MB: not a scenario or library file",
                allowed=f"TOML files up to {LARGEST / 1e6:.0f} MB",
            )
        return _read(path, stat.st_mtime_ns, stat.st_size, kind or path.parent.name, name or path.stem)
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.toml") if p != path] if path.parent.is_dir() else []
        raise ScenarioError(
            f"'{shown(path)}' is a link to nothing" if path.is_symlink() else f"there is no file '{shown(path)}'",
            where=shown(path) if path.is_symlink() else None,
            nearest=nearest(path.name, beside),
            mend="check the name and the folder",
        ) from None
    except OSError as problem:
        raise ScenarioError(
            f"'{shown(path)}' cannot be read: {problem.strerror or problem}",
            where=shown(path),
            mend="check the file's permissions, and where it leads if it is a link",
        ) from None


@lru_cache(maxsize=512)
def _read(path: Path, modified: int, size: int, kind: str, name: str) -> LibraryFile:
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
        _within(data, text, shown(path))
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"\(at line (\d+)", str(problem))
        line = int(place[1]) if place else text.count("\n") + 1
        what = re.sub(r"\s*\(at .*\)$", "", str(problem))
        raise ScenarioError(
            f"not valid TOML: {what}",
            where=f"{shown(path)}:{line}",
            mend="text needs quotes, a table a [header], a list [ , ]; dates must exist",
        ) from None
    except ValueError:  # Python reads no whole number of more digits
        digits = re.search(r"[\d_]{4000,}", text)
        line = text.count("\n", 0, digits.start()) + 1 if digits else 1
        raise ScenarioError(
            "a number has thousands of digits", where=f"{shown(path)}:{line}", mend="write it as 1e9"
        ) from None
    except RecursionError:
        deepest = max(enumerate(text.split("\n"), 1), key=lambda line: sum(map(line[1].count, ".[{")))
        where = f"{shown(path)}:{deepest[0]}"
        raise ScenarioError("the file is nested too deeply", where=where, mend="use fewer levels") from None
    return LibraryFile(kind, name, path, data, text)


def _within(data: Any, text: str, file: str) -> None:
    """ScenarioError for more keys, listed values or characters than any file needs; RecursionError for tables and lists
    inside each other beyond that."""
    level, keys, listed = [data], 0, 0
    for _ in range(DEEPEST):
        tables = [x for x in level if isinstance(x, dict)]
        lists = [x for x in level if isinstance(x, list)]
        keys, listed = keys + sum(map(len, tables)), listed + sum(map(len, lists))
        level = [x for table in tables for x in table.values()] + [x for values in lists for x in values]
        long = next((x for x in (*level, *(k for table in tables for k in table)) if _long(x)), None)
        if long is not None:
            line = text.count("\n", 0, max(text.find(long[:200]), 0)) + 1
            raise ScenarioError(
                f"a text of {len(long):,} characters: no scenario or library file says so much at once",
                where=f"{file}:{line}",
                allowed=f"up to {LONGEST:,} characters",
            )
        if not level:
            break
    else:
        raise RecursionError
    for many, most, what in ((keys, MOST, "keys"), (listed, LISTED, "values in lists")):
        if many > most:
            raise ScenarioError(
                f"the file holds {many:,} {what}: no scenario or library file has so many",
                where=f"{file}:1",
                allowed=f"up to {most:,} {what}",
                mend="a table of patients or doses is a CSV file: [cohort] file = ...",
            )


def _long(x: Any) -> bool:
    return isinstance(x, str) and len(x) > LONGEST


def names(kind: str) -> list[str]:
    """Names of all entries of a kind, sorted; ScenarioError for a kind that is none.

    >>> from livingdrug import library
    >>> "eliana" in library.names("trials")
    True
    """
    return sorted(stamp.name for stamp in stamps(_known(kind)))


def stamps(kind: str) -> tuple[Stamp, ...]:
    """Every file of a kind, as it is now; of two files of one name, the one in the first folder."""
    kept, own = _HELD.get(), os.environ.get(ENV, "")
    if kept is None:
        return _first(kind)
    if (kind, own) not in kept:
        kept[kind, own] = _first(kind)
    found: tuple[Stamp, ...] = kept[kind, own]
    return found


def _first(kind: str) -> tuple[Stamp, ...]:
    found: dict[str, Stamp] = {}
    for folder in reversed(folders()):
        found |= {stamp.name: stamp for stamp in looked(folder / kind)}
    return tuple(found.values())


_HELD: ContextVar[dict[tuple[Path | str, str], Any] | None] = ContextVar("held", default=None)


@contextmanager
def held() -> Iterator[None]:
    """While one thing is worked out, each folder is looked at once: a change of a file in between counts afterwards."""
    before = _HELD.set({} if _HELD.get() is None else _HELD.get())
    try:
        yield
    finally:
        _HELD.reset(before)


def looked(folder: Path, ending: str = ".toml") -> list[Stamp]:
    """The files of this ending in a folder, by name; none where there is no folder, or no leave to look into it."""
    kept = _HELD.get()
    if kept is None:
        return _listed(folder, ending)
    if (folder, ending) not in kept:
        kept[folder, ending] = _listed(folder, ending)
    found: list[Stamp] = kept[folder, ending]
    return found


def state() -> tuple[Stamp, ...]:
    """Every file of the library, as it is now."""
    return tuple(stamp for kind in KINDS for stamp in stamps(kind))


def standpoint() -> str:
    """The folder from which messages name the library's files; "" where all are the package's own, which are called
    the same from everywhere. What is kept of files by their `state` is kept by this as well."""
    return os.getcwd() if os.environ.get(ENV) else ""


def _listed(folder: Path, ending: str) -> list[Stamp]:
    try:
        with os.scandir(folder) as listing:
            return sorted(_stamp(file, ending) for file in listing if file.name.endswith(ending))
    except OSError:
        return []


def _stamp(file: os.DirEntry[str], ending: str) -> Stamp:
    name = file.name.removesuffix(ending)
    try:
        stat = file.stat()
    except OSError:  # a link to nothing
        return Stamp(name, file.path, 0, 0)
    return Stamp(name, file.path, stat.st_mtime_ns, stat.st_size)


def find(kind: str, name: str, beside: Path | None = None, where: str | None = None) -> LibraryFile:
    """The entry of a kind by its name or an alias; a name ending in .toml is a file, looked for beside another."""
    kind = _known(kind)
    if not isinstance(name, str):
        raise ScenarioError(f"{name!r} is not the name of a {kind.removesuffix('s')}", where=where, allowed=names(kind))
    if name.endswith(".toml"):
        return _beside((beside or Path()) / name, kind, where)
    shelf = _shelf(kind)
    if name in shelf.files and name not in shelf.entries:
        _answers(read(shelf.files[name], kind, name))  # says what is wrong with it
    answering = shelf.answers.get(name.lower(), ())
    if len(answering) > 1:
        raise _shared(kind, name, answering)
    if answering:
        _alone(kind, answering[0], shelf)
        return answering[0]
    raise _nobody(kind, name, shelf.entries, where, shelf.broken)


def _beside(path: Path, kind: str, where: str | None) -> LibraryFile:
    """A file that another names; what keeps it from being read is told at the line that names it."""
    try:
        return read(path, kind)
    except ScenarioError as problem:
        if problem.where is not None:  # inside the file
            raise
        raise problem.but(where=where) from None


@dataclass(frozen=True)
class _Shelf:
    """The files of a kind by name; those that can be read; who answers to each word; what is wrong with the others."""

    files: Mapping[str, Path]
    entries: Mapping[str, LibraryFile]
    answers: Mapping[str, tuple[LibraryFile, ...]]
    broken: tuple[LivingDrugError, ...]


def _shelf(kind: str) -> _Shelf:
    return _read_all(kind, stamps(kind), standpoint())


@lru_cache(maxsize=64)
def _read_all(kind: str, files: tuple[Stamp, ...], folder: str) -> _Shelf:
    """The files of a kind, read once as long as none was changed; folder: from which messages name them."""
    entries: dict[str, LibraryFile] = {}
    answers: dict[str, tuple[LibraryFile, ...]] = {}
    broken: list[LivingDrugError] = []
    for name, path, _, _ in files:
        try:
            entry = read(Path(path), kind, name)
            for word in _answers(entry):
                answers[word] = (*answers.get(word, ()), entry)
            entries[name] = entry
        except LivingDrugError as problem:
            broken.append(problem)
    return _Shelf({f.name: Path(f.path) for f in files}, entries, answers, tuple(broken))


def _answers(entry: LibraryFile) -> set[str]:
    """Every word that an entry answers to, in small letters."""
    return {entry.name.lower(), *(a.lower() for a in entry.aliases)}


def _shared(kind: str, name: str, entries: Sequence[LibraryFile]) -> ScenarioError:
    """The error for a word that more than one entry answers to."""
    return ScenarioError(
        f"{len(entries)} {kind} answer to '{name}': {', '.join(e.name for e in entries)}",
        where=" and ".join(e.where("aliases" if e.name.lower() != name.lower() else "title") for e in entries),
        mend="take the alias out of one of the files, or rename one",
    )


def _alone(kind: str, entry: LibraryFile, shelf: _Shelf) -> None:
    """ScenarioError when a file of the user's answers to a word that is another's, also where it was called by its own
    name."""
    for word in () if entry.ours else sorted(_answers(entry)):
        if len(shelf.answers[word]) > 1:
            raise _shared(kind, word, shelf.answers[word])


def clashes(kind: str) -> list[ScenarioError]:
    """Every word that more than one entry of a kind answers to, as the error that asking for it would be."""
    answers = _shelf(_known(kind)).answers
    return [_shared(kind, word, those) for word, those in sorted(answers.items()) if len(those) > 1]


def _nobody(
    kind: str, name: str, entries: Mapping[str, LibraryFile], where: str | None, broken: Sequence[LivingDrugError] = ()
) -> LivingDrugError:
    """The error for a word that no entry answers to, with the nearest; an entry that cannot be read might answer."""
    aliases = {word: e.name for e in entries.values() for word in _answers(e)}
    missing = [p for p in folders() if not p.is_dir()]
    return ScenarioError(
        f"unknown {kind.removesuffix('s')} '{name}'",
        where=where,
        allowed=sorted(entries) or "nothing yet",
        nearest=nearest(name, entries) or aliases.get(nearest(name.lower(), aliases) or ""),
        mend=f"mend {broken[0].where}, which might answer to it: {broken[0].what}"
        if broken
        else f"{ENV} names '{missing[0]}', which is no folder"
        if missing
        else None,
    )


def everywhere(name: str) -> list[LibraryFile]:
    """Every entry that answers to a name, of whatever kind."""
    return [entry for kind in KINDS for entry in _shelf(kind).answers.get(name.lower(), ())]


def _known(kind: str) -> str:
    if kind in KINDS:
        return kind
    if kind + "s" in KINDS:
        return kind + "s"
    raise unknown("kind of library entry", kind, KINDS)
