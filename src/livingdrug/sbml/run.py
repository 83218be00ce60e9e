"""Running an SBML file: a table of its symbols over time, as a settings file or a time grid asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import EngineError, ScenarioError, nearest
from livingdrug.files import write_text
from livingdrug.published.integrate import Course
from livingdrug.sbml.events import Events
from livingdrug.sbml.read import Imported, read

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """What to simulate and write: times, columns, and which species are wanted as amounts or as concentrations."""

    times: Floats
    variables: tuple[str, ...] = ()
    amount: frozenset[str] = frozenset()
    concentration: frozenset[str] = frozenset()
    absolute: float = 1e-7
    relative: float = 1e-4


def grid(text: str) -> Settings:
    """Times from "T0:T1:N": N equal steps from T0 to T1, N + 1 moments."""
    try:
        first, last, steps = text.split(":")
        a, b, n = float(first), float(last), int(steps)
    except ValueError as problem:
        raise ScenarioError(
            f"'{text}' is not a time grid", where="--times", allowed="T0:T1:N, for example 0:100:200"
        ) from problem
    if not (0.0 <= a <= b < np.inf) or not 1 <= n <= 1_000_000:
        raise ScenarioError(
            f"'{text}' is not a time grid", where="--times", allowed="0 <= T0 <= T1 and N from 1 to 1,000,000"
        )
    return Settings(np.linspace(a, b, n + 1))


def settings(path: str | Path) -> Settings:
    """Read a settings file of the SBML test suite."""
    file = Path(path)
    if not file.is_file():
        raise ScenarioError(f"there is no file '{path}'", where="--settings")
    lines = [line.partition(":") for line in file.read_text(encoding="utf-8-sig").splitlines() if ":" in line]
    said = {key.strip().lower(): value.strip() for key, _, value in lines}
    names = {
        k: tuple(x.strip() for x in said.get(k, "").split(",") if x.strip())
        for k in ("variables", "amount", "concentration")
    }
    try:
        start, duration, steps = float(said["start"]), float(said["duration"]), int(said["steps"])
        absolute, relative = float(said.get("absolute", 1e-7)), float(said.get("relative", 1e-4))
    except (KeyError, ValueError) as problem:
        raise ScenarioError(
            "the settings file is not complete",
            where=str(path),
            allowed="start, duration, steps, variables, absolute, relative, amount, concentration",
        ) from problem
    if not (start >= 0 and duration >= 0 and steps >= 1):
        raise ScenarioError(
            "the settings file asks for no possible times", where=str(path), allowed="start, duration >= 0; steps >= 1"
        )
    return Settings(
        start + duration * np.arange(steps + 1) / steps,
        names["variables"],
        frozenset(names["amount"]),
        frozenset(names["concentration"]),
        absolute,
        relative,
    )


def run(path: str | Path, wanted: Settings) -> dict[str, Floats]:
    """Simulate an SBML file; columns by name, `time` first.

    Without a list of variables: every species, and every compartment and parameter that changes. A species is written
    in the meaning that its symbol has in the file (concentration, or amount) unless the settings say otherwise.
    """
    try:
        return _run(path, wanted)
    except RecursionError:
        raise EngineError("SBML: a formula is nested too deeply", where=str(path), mend="split it with rules") from None


def _run(path: str | Path, wanted: Settings) -> dict[str, Floats]:
    imported = read(path)
    contents = imported.contents
    variables = wanted.variables or tuple(
        n
        for n, s in contents.symbols.items()
        if s.kind == "species" or n in contents.changing() or n in contents.assigned
    )
    known = [*contents.symbols, *contents.reactions]
    for name in variables:
        if name not in known:
            raise ScenarioError(f"the file has no symbol '{name}'", where=str(path), nearest=nearest(name, known))
    return _table(imported, variables, wanted)


def _table(imported: Imported, variables: tuple[str, ...], wanted: Settings) -> dict[str, Floats]:
    contents = imported.contents
    course = Course(imported.model, imported.values)
    events = Events(imported, course)
    states = course.solve(wanted.times, jumps=events)
    table = {"time": wanted.times, **{n: np.empty(len(wanted.times)) for n in variables}}
    with np.errstate(all="ignore"):
        for i, (t, y) in enumerate(zip(wanted.times, states, strict=True)):
            look = events.look(t, y)
            for name in variables:
                value = look(name)
                s = contents.symbols.get(name)
                if s and s.kind == "species":
                    if name in wanted.amount:
                        value = contents.amount(name, look)
                    elif name in wanted.concentration and not s.by_size:
                        value = value / look(s.compartment)
                table[name][i] = value
    return table


def as_csv(table: dict[str, Floats]) -> str:
    """A table as CSV text, every digit kept."""
    rows = (",".join(repr(float(x)) for x in row) for row in zip(*table.values(), strict=True))
    return "\n".join([",".join(table), *rows]) + "\n"


def write_csv(table: dict[str, Floats], path: str | Path) -> None:
    """Write a table as a CSV file."""
    write_text(path, as_csv(table), where="--csv")
