"""Mechanisms in a user's own folders: `mechanisms/` and `models/` of those that `library.folders` names.

Such a file is the module `livingdrug.biology.yours.STEM`, in this process and in any that is sent a model made of it.
"""

from __future__ import annotations

import hashlib
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

from livingdrug import library
from livingdrug.errors import LivingDrugError, UnitError, WiringError
from livingdrug.model import Module
from livingdrug.model.alone import alone
from livingdrug.model.assemble import Model
from livingdrug.model.checks import check_symbols, check_units

FOLDERS, MEND = ("mechanisms", "models"), "correct the Python of this mechanism"


def files() -> dict[str, Path]:
    """Stem -> file of every mechanism in the user's folders; of two, the one in the first folder."""
    found: dict[str, Path] = {}
    for folder in library.folders():
        here: dict[str, Path] = {}
        for stem, path, *_ in sorted(file for kind in FOLDERS for file in library.looked(folder / kind, ".py")):
            if stem in here:
                raise twice(stem, library.shown(here[stem]), library.shown(Path(path)))
            here[stem] = Path(path)
        found = {**here, **found}
    return found


def twice(stem: str, one: str, other: str) -> WiringError:
    """The error for two files of one name."""
    return WiringError(
        f"two mechanism files are called '{stem}'",
        where=f"{one} and {other}",
        mend="rename one: a stem is a module's name",
    )


def load(stem: str) -> type[Module]:
    """The class in a user's file: imported by its path, again when its text has changed, and tried out once."""
    name, path = f"{__name__}.{stem}", files()[stem]
    if not path.is_file():  # a device is read without end, a pipe waited for
        raise WiringError(f"the mechanism '{stem}' is no Python file", library.shown(path), mend="put a file there")
    try:
        before = sys.modules.get(name)
        if before is not None and vars(before)["__digest__"] == _digest(path):
            return last_class(before, library.shown(path))
        sys.modules.pop(name, None)
        found = last_class(import_module(name), library.shown(path))
        if not isinstance(found.role, str):
            said = f"the role of '{stem}' is {found.role!r}, which is no text"
            raise WiringError(said, allowed="words joined by dots", mend='write role = "tumour"')
        _try(alone(found))
        return found
    except BaseException as problem:  # whatever the file raises, SystemExit and those of its own included
        sys.modules.pop(name, None)
        if isinstance(problem, KeyboardInterrupt):
            raise
        raise _mistake(problem, path) from problem


def _try(model: Model) -> None:
    """Everything that the tests ask of a mechanism of the package and that needs no simulation."""
    check_symbols(model)
    check_units(model)


def checked(model: Model) -> Model:
    """The same model; what a mechanism of the user's reads of others has the unit that it says, or UnitError with the
    line."""
    for role, module in model.modules.items():
        if (stem := type(module).__module__.removeprefix(f"{__name__}.")) in files() and type(module) is load(stem):
            try:
                check_units(model, role)
            except LivingDrugError as problem:
                raise _mistake(problem, files()[stem]) from problem
    return model


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode() + path.read_bytes()).hexdigest()


def last_class(there: ModuleType, file: str) -> type[Module]:
    """The mechanism in a module: the last class in it that has a role."""
    classes = [
        c
        for c in vars(there).values()
        if isinstance(c, type) and issubclass(c, Module) and c.__module__ == there.__name__ and c.role
    ]
    if not classes:
        raise WiringError("the file holds no mechanism", file, mend="write a subclass of Module with a role in it")
    return classes[-1]


class _Importer(MetaPathFinder, Loader):
    """Makes `import livingdrug.biology.yours.STEM` read the user's file, so that a worker can unpickle its class."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parent, _, stem = fullname.rpartition(".")
        return spec_from_loader(fullname, self) if parent == __name__ and stem in files() else None

    def exec_module(self, module: ModuleType) -> None:
        path = files()[module.__name__.rpartition(".")[2]]
        module.__file__ = str(path)
        vars(module)["__digest__"] = _digest(path)
        exec(compile(path.read_text(encoding="utf-8-sig"), str(path), "exec"), vars(module))


sys.meta_path.append(_Importer())


def _mistake(problem: BaseException, path: Path) -> LivingDrugError:
    """A user's mistake in Python as one message, with the line of their file on which it shows."""
    traces = (x.__traceback__ for x in (problem, problem.__cause__) if x)  # of what was raised, and what for
    lines = [f.lineno for trace in traces for f in traceback.extract_tb(trace) if f.filename == str(path)]
    line = problem.lineno if isinstance(problem, SyntaxError) else (lines[-1] if lines else _line(str(problem), path))
    where = f"{library.shown(path)}:{line}" if line else library.shown(path)
    if isinstance(problem, LivingDrugError):
        made_of = f"{problem.where}: " if isinstance(problem, UnitError) and problem.where else ""
        return problem.but(what=made_of + problem.what, where=where, mend=problem.mend or MEND)
    what = (problem.msg if isinstance(problem, SyntaxError) else str(problem)) or "no more is said"
    return WiringError(f"{type(problem).__name__}: {what}", where, mend=MEND)


def _line(message: str, path: Path) -> int | None:
    """The line on which the first thing stands that a message names (a flow, a reading, a state, a text)."""
    text = path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    paths = re.findall(r"'([^']+)'|(?:reads|publishes|constant|start|of) ([\w.]+)", message)
    names = [name for found in paths for path in found if path for name in (path, path.rpartition(".")[2])]
    forms = [rf"[\"']{re.escape(name)}[\"']" for name in names]  # a flow, a key of what is published: in quotes
    for form in (*forms, *(rf"(?<![\w.]){re.escape(name)}(?![\w.])" for name in names)):
        if line := next((i for i, line in enumerate(text, 1) if re.search(form, line)), None):
            return line
    return None
