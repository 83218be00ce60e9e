"""One course of an SBML file by libroadrunner, asked so that it cannot be silently wrong."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.sbml.compiled import KEPT, Compiled
from livingdrug.sbml.document import read_document, read_text
from livingdrug.sbml.spans import Floats
from livingdrug.sbml.stepping import Course, Run

RTOL = 1e-9


class Loaded:
    """An SBML file, compiled once and run as often as wanted. Made by `load`.

    Safe to use from several threads, which take turns.
    """

    def __init__(self, compiled: Compiled, path: str | Path, text: str) -> None:
        self._compiled, self._read = compiled, (path, text)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every compartment, parameter, species and reaction, by identifier."""
        return self._compiled.known

    @property
    def called(self) -> dict[str, str]:
        """What the file calls a symbol for people, by its identifier; those without a name are not there."""
        return self._compiled.document.called()

    @property
    def settable(self) -> list[str]:
        """What `run(values=...)` may change: symbols, and local parameters as REACTION.PARAMETER."""
        return [self._compiled.document.shown.get(n, n) for n in self._compiled.document.settable()]

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the file was passed over, in words."""
        return tuple(self._compiled.document.notes)

    def run(
        self,
        times: Iterable[float],
        values: Mapping[str, float] | None = None,
        symbols: Sequence[str] = (),
        rtol: float = RTOL,
        atol: float | None = None,
        amounts: Iterable[str] = (),
        concentrations: Iterable[str] = (),
    ) -> Course:
        """The course from time 0 on, at the given times (>= 0, none before the one in front of it).

        values: other starting values by symbol, in the meaning the symbol has in the file. symbols: what to give; every
        species, and every compartment and parameter that changes, when empty. A species is given as its symbol is meant
        (concentration, or amount) unless it is named in `amounts` or `concentrations`. rtol: relative tolerance; atol:
        absolute tolerance in the file's units, by default 1e-12, and less for what begins below 1.

        Errors: ScenarioError for an unknown name or an impossible time; EngineError where the integration stops, or
        where two ways of stepping disagree.

        >>> from livingdrug import sbml
        >>> from livingdrug.published.entry import published
        >>> stein = published("stein_2019")
        >>> with open("stein.xml", "w") as file:
        ...     characters = file.write(sbml.write(stein.model, stein.values))
        >>> course = sbml.load("stein.xml").run([0, 10, 20])
        >>> len(course.times)
        3
        """
        asked = _times(times)
        _tolerance("rtol", rtol, 1e-13, 1e-1)
        if atol is not None:
            _tolerance("atol", atol, 0.0, np.inf)
        compiled, fixed = self._compiled.changed(values or {})
        columns = compiled.columns(tuple(symbols), frozenset(amounts), frozenset(concentrations))
        with compiled.lock:
            return Run(compiled, asked, columns, rtol, atol, fixed).course()

    def scan(
        self, over: Mapping[str, Iterable[float]], times: Iterable[float], **asked: Any
    ) -> Iterator[tuple[dict[str, float], Course]]:
        """A course for every combination of values, the last name fastest. asked: as for `run`."""
        when = _times(times)
        for values in product(*[list(x) for x in over.values()]):
            chosen = dict(zip(over, map(float, values), strict=True))
            yield chosen, self.run(when, chosen, **asked)


_kept: OrderedDict[tuple[str, str], Compiled] = OrderedDict()
_keeping = threading.Lock()


def load(path: str | Path) -> Loaded:
    """Read and compile an SBML file of any level (comp is flattened). It is compiled once for each text.

    Errors: ScenarioError when it cannot be read; EngineError when it is not valid or asks for what is not run (delays,
    algebraic rules, fast reactions, packages that change the mathematics), by name and line.
    """
    text = read_text(Path(path))
    key = (str(path), text)
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            return Loaded(_kept[key], path, text)
    compiled = Compiled(read_document(path, text))
    if "/comp/version" not in text:
        _keep(key, compiled)
    return Loaded(compiled, path, text)


def _keep(key: tuple[str, str], compiled: Compiled) -> None:
    with _keeping:
        _kept[key] = compiled
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


def _times(times: Iterable[float]) -> Floats:
    asked = np.atleast_1d(np.asarray(list(times), float))
    good = asked.ndim == 1 and len(asked) and np.all(np.isfinite(asked)) and asked[0] >= 0.0
    if not good or np.any(np.diff(asked) < 0.0):
        raise ScenarioError(
            "these times cannot be run", where="times", allowed="finite, 0 or later, none before the one in front of it"
        )
    return asked


def _tolerance(name: str, value: float, low: float, high: float) -> None:
    if not low < value < high:
        raise ScenarioError(f"{name} cannot be {value:g}", where=name, allowed=f"above {low:g} and below {high:g}")


__all__ = ["Course", "Loaded", "load"]
