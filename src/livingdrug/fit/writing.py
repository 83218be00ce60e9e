"""Fitted numbers go back into the library files they came from, in place, with what they were fitted to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.errors import ScenarioError
from livingdrug.files import write_text
from livingdrug.fit.descend import End
from livingdrug.fit.plausible import INSIDE, Draw, within
from livingdrug.fit.targets import Fit
from livingdrug.scenario import Resolved


def write_back(fit: Fit, resolved: Resolved, values: Any, judged: float) -> tuple[str, ...]:
    """Write every free value into its own table; returns the files touched."""
    by_path: dict[str, dict[str, float]] = {}
    for f, x in zip(fit.free, values, strict=True):
        by_path.setdefault(f.path, {})["sd" if f.variability else "value"] = float(x)
    why = (
        f"fitted to {len(fit.targets)} published measures of {fit.name} with {len(fit.free)} free values "
        f"(fits/{fit.name}.toml); sum of squared distances on new patients {judged:.0f}"
    )
    touched: dict[Path, str] = {}
    for path, change in by_path.items():
        parameter = resolved.parameters[path]
        file = library.HERE.parent / parameter.file if not Path(parameter.file).is_absolute() else Path(parameter.file)
        text = touched.get(file) or file.read_text(encoding="utf-8")
        value = change.get("value", parameter.value)
        touched[file] = rewrite(text, path, value, change.get("sd"), why, file.name, parameter.unit)
    for file, text in touched.items():
        write_text(file, text)
    return tuple(sorted(str(f.relative_to(library.HERE.parent)) for f in touched))


def rewrite(
    text: str, path: str, value: float, sd: float | None, why: str, where: str = "", unit: str | None = None
) -> str:
    """A library file's text with one number's table changed: value, kind, why and, when given, the variability's sd.

    unit: of the value, where the table may use another; the table keeps its own.
    """
    lines = text.split("\n")
    header = f"[{path}]"
    if header not in lines:
        raise ScenarioError(
            f"'{path}' has no table of its own", where=where, mend=f"write {header} with value and unit"
        )
    start = lines.index(header) + 1
    stop = next((i for i in range(start, len(lines)) if lines[i].startswith("[")), len(lines))
    table = [x for x in lines[start:stop] if not re.match(r"\s*(kind|why|source|where)\s*=", x)]
    place = next(i for i, x in enumerate(table) if re.match(r"\s*value\s*=", x))
    own = next((m[1] for x in table if (m := re.match(r'\s*unit\s*=\s*"([^"]*)"', x))), None)
    if unit is not None and own is not None and own != unit:
        from livingdrug.units import factor

        value *= factor(unit, own)
    table[place] = f"value = {value:.4g}"
    after = next((i for i, x in enumerate(table) if re.match(r"\s*unit\s*=", x)), place) + 1
    table[after:after] = ['kind = "fitted"', f'why = "{why}"']
    if sd is not None:
        table = [
            re.sub(r"\bsd\s*=\s*[-+0-9.eE]+", f"sd = {sd:.3g}", x) if re.match(r"\s*(variability|spread)\s*=", x) else x
            for x in table
        ]
    return "\n".join([*lines[:start], *table, *lines[stop:]])


def write_ensemble(fit: Fit, resolved: Resolved, end: End, sets: Sequence[Draw], seed: int) -> str:
    """Write the plausible sets around a fit as library/ensembles/NAME.toml; returns the file."""
    file = library.HERE / "ensembles" / f"{fit.name}.toml"
    file.parent.mkdir(exist_ok=True)
    write_text(file, ensemble_text(fit, resolved, end, sets, seed))
    return str(file.relative_to(library.HERE.parent))


def ensemble_text(fit: Fit, resolved: Resolved, end: End, sets: Sequence[Draw], seed: int) -> str:
    """The ensemble's file (`spec.fit.Ensemble`): a column for each free value, a row for each set."""
    numbers = [resolved.layers(f.path)[-1] for f in fit.free]
    why = (
        f"drawn from the Laplace approximation at the optimum of fits/{fit.name}.toml on logarithms of the free values "
        f"(prior included), halved towards the optimum until the loss, simulated anew, is within the {INSIDE:.0%} "
        f"quantile of chi-squared with {len(fit.free)} degrees of freedom"
    )
    head = [
        f"title = {json.dumps(f'Plausible values around the fit of {fit.name}')}",
        f"fit = {json.dumps(fit.name)}",
        f"seed = {seed}",
        f"why = {json.dumps(why)}",
        f"within = {within(len(fit.free)):.4g}",
        f"loss = {end.loss:.4g}",
        f"losses = [{_numbers(d.loss for d in sets)}]",
        f"files = {_rows(json.dumps(p.file) for p in numbers)}",
        f"moved = {_rows(json.dumps('variability' if f.variability else 'value') for f in fit.free)}",
        f"optimum = [{_numbers(np.exp(end.values))}]",
    ]
    units = ["1" if f.variability else p.unit for f, p in zip(fit.free, numbers, strict=True)]
    columns = [
        f"columns = {_rows(json.dumps(f.path) for f in fit.free)}",
        f"units = {_rows(map(json.dumps, units))}",
        f"rows = {_rows(f'[{_numbers(np.exp(d.values))}]' for d in sets)}",
    ]
    return "\n".join([*head, "", "[sets]", *columns, ""])


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{float(x):.5g}" for x in values)


def _rows(texts: Iterable[str]) -> str:
    return "[\n" + "".join(f"    {text},\n" for text in texts) + "]"
