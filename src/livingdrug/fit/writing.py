"""Fitted numbers go back into the library files they came from, in place, with what they were fitted to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from livingdrug import library
from livingdrug.errors import ScenarioError
from livingdrug.files import write_text
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
        old = resolved.layers(path)[-1]
        # The file may use another unit than the module.
        scale = 1.0 if old.unit == parameter.unit else _scale(parameter.unit, old.unit)
        touched[file] = rewrite(
            text, path, change.get("value", parameter.value) * scale, change.get("sd"), why, file.name
        )
    for file, text in touched.items():
        write_text(file, text)
    return tuple(sorted(str(f.relative_to(library.HERE.parent)) for f in touched))


def _scale(given: str, wanted: str) -> float:
    from livingdrug.units import factor

    return factor(given, wanted)


def rewrite(text: str, path: str, value: float, sd: float | None, why: str, where: str = "") -> str:
    """A library file's text with one number's table changed: value, kind, why and, when given, the variability's sd."""
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
    table[place] = f"value = {value:.4g}"
    after = next((i for i, x in enumerate(table) if re.match(r"\s*unit\s*=", x)), place) + 1
    table[after:after] = ['kind = "fitted"', f'why = "{why}"']
    if sd is not None:
        table = [
            re.sub(r"\bsd\s*=\s*[-+0-9.eE]+", f"sd = {sd:.3g}", x) if re.match(r"\s*(variability|spread)\s*=", x) else x
            for x in table
        ]
    return "\n".join([*lines[:start], *table, *lines[stop:]])
