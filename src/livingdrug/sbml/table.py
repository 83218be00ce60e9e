"""What to simulate and write: time grids, settings files of the SBML test suite, grids of values, and tables as CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.files import write_text
from livingdrug.sbml.spans import Floats

LARGEST = 1_000_000  # time steps, and courses of a scan


@dataclass(frozen=True)
class Settings:
    """What to simulate and write: times, columns, and which species are wanted as amounts or as concentrations.

    absolute, relative: how far a result may be from the suite's expected one.
    """

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
    if not (0.0 <= a <= b < np.inf) or not 1 <= n <= LARGEST:
        raise ScenarioError(
            f"'{text}' is not a time grid", where="--times", allowed="0 <= T0 <= T1 and N from 1 to 1,000,000"
        )
    return Settings(np.linspace(a, b, n + 1))


def settings(path: str | Path) -> Settings:
    """Read a settings file of the SBML test suite."""
    file = Path(path)
    if not file.is_file():
        raise ScenarioError(f"there is no file '{path}'", where="--settings", mend="give a settings file of the suite")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise ScenarioError("this settings file cannot be read", where=str(path), allowed="UTF-8 text") from problem
    lines = [line.partition(":") for line in text.splitlines() if ":" in line]
    said = {key.strip().lower(): value.strip() for key, _, value in lines}
    names = {
        k: tuple(x.strip() for x in said.get(k, "").split(",") if x.strip())
        for k in ("variables", "amount", "concentration")
    }
    try:
        start, duration, steps = float(said["start"]), float(said["duration"]), int(said["steps"])
        absolute, relative = float(said.get("absolute") or 1e-7), float(said.get("relative") or 1e-4)
    except (KeyError, ValueError) as problem:
        raise ScenarioError(
            "the settings file is not complete",
            where=str(path),
            allowed="start, duration, steps, variables, absolute, relative, amount, concentration",
        ) from problem
    if not (0.0 <= start < np.inf and 0.0 <= duration < np.inf and 1 <= steps <= LARGEST):
        raise ScenarioError(
            "the settings file asks for no possible times",
            where=str(path),
            allowed="start and duration 0 or more; steps from 1 to 1,000,000",
        )
    return Settings(
        start + duration * np.arange(steps + 1) / steps,
        names["variables"],
        frozenset(names["amount"]),
        frozenset(names["concentration"]),
        absolute,
        relative,
    )


def assignments(texts: Iterable[str]) -> dict[str, float]:
    """Values from ["NAME=VALUE", ...]."""
    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ScenarioError(f"'{text}' gives no value", where="--set", allowed="NAME=VALUE")
        _once(name.strip(), found, "--set")
        found[name.strip()] = _number(value, "--set")
    return found


def values_over(texts: Iterable[str], fixed: Collection[str] = ()) -> dict[str, Floats]:
    """Values to scan over from ["NAME=A:B:N", "NAME=A:B:N:log", "NAME=1,2,5", ...]. fixed: names that have a value."""
    found: dict[str, Floats] = {}
    for text in texts:
        name, equals, said = text.partition("=")
        if not equals or not name.strip() or not said.strip():
            raise ScenarioError(f"'{text}' is not a range", where="--over", allowed=RANGES)
        _once(name.strip(), {*found, *fixed}, "--over")
        found[name.strip()] = _range(text, said.strip())
    if np.prod([float(len(x)) for x in found.values()] or [0.0]) > LARGEST:
        raise ScenarioError("the grid has too many courses", where="--over", allowed="up to 1,000,000")
    return found


def _once(name: str, given: Collection[str], where: str) -> None:
    if name in given:
        raise ScenarioError(f"'{name}' is given twice", where=where, mend="keep one of them")


RANGES = "NAME=A:B:N (N values from A to B), NAME=A:B:N:log or NAME=V1,V2,..."


def _range(text: str, said: str) -> Floats:
    if ":" not in said:
        return np.array([_number(x, "--over") for x in said.split(",")])
    parts = said.split(":")
    wrong = ScenarioError(f"'{text}' is not a range", where="--over", allowed=RANGES)
    if len(parts) not in (3, 4) or parts[3:] not in ([], ["log"]):
        raise wrong
    a, b = _number(parts[0], "--over"), _number(parts[1], "--over")
    if not parts[2].isdigit() or not 1 <= int(parts[2]) <= LARGEST:
        raise wrong
    if parts[3:]:
        if not (a > 0.0 and b > 0.0):
            raise ScenarioError(f"'{text}' is not a range", where="--over", allowed="A and B above 0 for a log range")
        return np.geomspace(a, b, int(parts[2]))
    return np.linspace(a, b, int(parts[2]))


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ScenarioError(f"'{text[:60]}' is not a number", where=where, allowed="a number") from None
    if not np.isfinite(value):
        raise ScenarioError(f"'{text[:60]}' cannot be used", where=where, allowed="a finite number")
    return value


def as_csv(table: Mapping[str, Floats]) -> str:
    """A table as CSV text, every digit kept."""
    rows = (",".join(repr(float(x)) for x in row) for row in zip(*table.values(), strict=True))
    return "\n".join([",".join(map(_field, table)), *rows]) + "\n"


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def write_csv(table: Mapping[str, Floats], path: str | Path) -> None:
    """Write a table as a CSV file."""
    write_text(path, as_csv(table), where="--csv")
