"""An SBML file and what libroadrunner made of it."""

from __future__ import annotations

import ctypes
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.errors import EngineError, ScenarioError
from livingdrug.sbml.document import Document, invalid, read_document
from livingdrug.sbml.jumps import Jumps, find

UNITS = ("10311", "10313")  # rules of libSBML on units, which change no course
KEPT = 8  # compiled files kept in memory


def roadrunner() -> Any:
    """libroadrunner, or an error that names the extra."""
    for name in ("ERROR", "WARNING"):  # CVODE writes there itself; what it says is told in our own words
        os.environ.setdefault(f"SUNLOGGER_{name}_FILENAME", os.devnull)
    try:
        import roadrunner as found
    except ImportError as absent:
        raise EngineError("running SBML needs libroadrunner", mend="pip install 'livingdrug[exchange]'") from absent
    return found


class Compiled:
    """A file and what libroadrunner made of it."""

    def __init__(self, document: Document, check: bool = True) -> None:
        self.document = document
        self.lock = threading.RLock()
        library = roadrunner()
        library.Logger.setLevel(library.Logger.LOG_FATAL)
        if check:
            _validate(document, library)
        self.library = library
        self.runner = self._made()
        self.jumps: Jumps = find(document)
        self.stale = False
        self.rated = tuple(self.runner.getRateRuleIds())
        ruled = {*self.rated, *self.runner.getAssignmentRuleIds()}
        self.states = (*self.rated, *[n for n in self.runner.model.getFloatingSpeciesIds() if n not in ruled])
        self.known = tuple(
            document.shown.get(n, n) for n in [*document.symbols, *document.reactions, *sorted(document.references)]
        )
        self.selected: list[str] = []
        self.others: OrderedDict[tuple[tuple[str, float], ...], Compiled] = OrderedDict()

    def renew(self) -> None:
        """A new runner, which begins with no past; the compiled code is libroadrunner's own and is kept there."""
        self.runner, self.selected, self.stale = self._made(), [], False

    def _made(self) -> Any:
        library = self.library
        # without the accessors it makes for every symbol: a parameter called `reset` would take the place of the method
        switch = library.Config.ROADRUNNER_DISABLE_PYTHON_DYNAMIC_PROPERTIES
        before = library.Config.getValue(switch)
        library.Config.setValue(switch, True)
        try:
            return library.RoadRunner(self.document.text)
        except RuntimeError as problem:
            raise EngineError(
                f"SBML: libroadrunner cannot run this file: {said(problem)}", where=self.document.path
            ) from None
        finally:
            library.Config.setValue(switch, before)

    def changed(self, values: Mapping[str, float]) -> tuple[Compiled, dict[str, float]]:
        """The same file with other starting values: compiled anew, or itself with values to put in before a run.

        Plain constants are put in where nothing is worked out from them before time 0.
        """
        d = self.document
        if not values:
            return self, {}
        values = {d.inside(n): x for n, x in values.items()}
        allowed = d.settable()
        for name, value in values.items():
            if name not in allowed:
                ruled = name in d.assigned
                raise ScenarioError(
                    f"'{name}' follows a rule and cannot be set" if ruled else f"the file has no value '{name}'",
                    where=d.path,
                    allowed=allowed,
                    given=name,
                    mend=d.meant(name),
                )
            if not np.isfinite(value):
                raise ScenarioError(f"'{name}' cannot be {value}", where="values", allowed="a finite number")
        plain = all(n in d.symbols and d.symbols[n].kind == "parameter" and not d.changes(n) for n in values)
        if plain and not d.started and not d.events:
            return self, dict(values)
        key = tuple(sorted((n, float(x)) for n, x in values.items()))
        with self.lock:
            if key not in self.others:
                self.others[key] = Compiled(read_document(d.path, d.with_values(values)), check=False)
                while len(self.others) > KEPT:
                    self.others.popitem(last=False)
            return self.others[key], {}

    def columns(self, symbols: tuple[str, ...], amounts: frozenset[str], densities: frozenset[str]) -> dict[str, str]:
        """What libroadrunner calls the symbols asked for."""
        d = self.document
        for name in (*symbols, *amounts, *densities):
            if name not in self.known:
                raise ScenarioError(
                    f"the file has no symbol '{name}'",
                    where=d.path,
                    allowed=self.known,
                    given=name,
                    mend=d.meant(name),
                )
        found = {}
        for name in symbols or tuple(d.shown.get(n, n) for n in d.described()):
            key = d.inside(name)
            s = d.symbols.get(key)
            as_amount = s is None or s.kind != "species" or name in amounts or (s.amount and name not in densities)
            found[name] = key if as_amount else f"[{key}]"
        return found

    def input(self, name: str) -> str:
        """What libroadrunner calls a symbol as it is meant in formulas."""
        s = self.document.symbols.get(name)
        return f"[{name}]" if s is not None and s.kind == "species" and not s.amount else name

    def value(self, name: str) -> float:
        """The value of a symbol, as it is meant in formulas, at this moment of the runner."""
        return float(self.runner.getValue(self.input(name)))


def same_chance() -> None:
    """Begin the C library's random numbers anew: libroadrunner draws from them which of two equal events goes first."""
    try:
        ctypes.CDLL(None).srand(1)
    except (OSError, TypeError, AttributeError):  # no such library under that name on this system
        return


def _validate(document: Document, library: Any) -> None:
    found_wrong = library.validateSBML(document.text)
    if "[Error]" not in found_wrong and "[Fatal]" not in found_wrong:
        return
    for found in re.finditer(
        r"line (\d+): \((?:(\w+)-)?(\d+) \[(?:Error|Fatal)\]\) (.*?)(?=\n\nline |\Z)", found_wrong, re.DOTALL
    ):
        if found[2] in (None, "comp") and found[3] not in UNITS:
            raise invalid(f"{document.path}:{found[1]}", found[4])


def said(problem: Exception) -> str:
    """What libroadrunner says, without the places in its own code."""
    text = " ".join(str(problem).split())
    return re.split(r"[;,] (?:In |at )(?:virtual |static |llvm|double |void |std::)", text)[0][:300]
