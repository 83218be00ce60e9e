"""Laying a second reading of a published model beside the library: every place where the two do not say the same.

The file format is described in CONTRIBUTING.md, "A second reading".
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from livingdrug.published.entry import Published, published
from livingdrug.spec.published_model import Data
from livingdrug.units import factor

HERE = Path(__file__).parent
DRAWN = "read off the drawing"
READINGS = {p.stem: p for p in sorted(HERE.glob("*.toml")) if p.stem not in ("therapy_model", "trials", "comparators")}
TABLES = {"numbers", "variability", "variants", "data", "meaning", "given", "nowhere", "sets", "simulated"}


def second(name: str) -> dict[str, Any]:
    """The second reading of a model; empty when nobody has made one."""
    return tomllib.loads(READINGS[name].read_text(encoding="utf-8")) if name in READINGS else {}


def faults(name: str, reading: Mapping[str, Any]) -> list[str]:
    """All places where the library and its second reading differ, or where a number was read once only."""
    return [f"{name}: {what}" for what in _faults(name, reading)]


def _faults(name: str, reading: Mapping[str, Any]) -> Iterator[str]:
    model = published(name)
    if model.read_once or not reading:
        if reading:
            yield f'has a second reading: write read = "twice" in {model.entry.file}'
        elif not model.read_once:
            yield f'says read = "twice" but tests/second_reading/{name}.toml is not there'
        return
    yield from (f"[{t}] is no table of a second reading" for t in set(reading) - TABLES)
    yield from _numbers(model, reading, reading["numbers"])
    for variant, numbers in reading.get("variants", {}).items():
        yield from _numbers(published(f"{name}:{variant}"), reading, numbers)
    yield from _variability(model, reading)
    yield from _data(model, reading)
    yield from _read_once(model, reading)


def _numbers(model: Published, reading: Mapping[str, Any], numbers: Mapping[str, Any]) -> Iterator[str]:
    for symbol, value in numbers.items():
        if symbol in reading["meaning"]:
            ours, unit = _meaning(reading, symbol)
            path = f"therapy.{ours}"
            if path not in model.values:
                yield f"{symbol} means {ours}, which {model.label} does not have"
                continue
            value *= factor(unit, model.model.unit(path)) if unit else 1.0
            if not math.isclose(model.values[path], value, rel_tol=1e-9):
                yield f"{symbol} of {model.label} is {value:g} in the second reading, {model.values[path]:g} in {ours}"
        elif symbol in reading.get("given", {}):
            found = _given(model, reading["given"][symbol])
            if not _same(found, value):
                yield f"{symbol} of {model.label} is {value} in the second reading, {found} is given"
        else:
            yield f"{symbol} has no meaning yet: write it under [meaning] or [given]"


def _meaning(reading: Mapping[str, Any], symbol: str) -> tuple[str, str | None]:
    meaning = reading["meaning"][symbol]
    return (meaning, None) if isinstance(meaning, str) else (meaning[0], meaning[1])


def _given(model: Published, what: str | list[Any]) -> Any:
    """What the library's model gives: amount, day, shares, or the same of what else it gives."""
    doses = model.doses()
    first = [d for d in doses if d.into == doses[0].into]
    also = [d for d in doses if d.into != doses[0].into]
    total = sum(d.amount for d in first)
    if isinstance(what, list):  # ["amount per volume", kinds]
        return total / model.values[model.said.volume] / what[1]
    return {
        "amount": lambda: total,
        "day": lambda: first[0].time,
        "shares": lambda: [[d.time, d.amount / total] for d in first],
        "also amount": lambda: also[0].amount,
        "also day": lambda: also[0].time,
    }[what]()


def _same(a: Any, b: Any) -> bool:
    if isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return math.isclose(a, b, rel_tol=1e-9)


def _variability(model: Published, reading: Mapping[str, Any]) -> Iterator[str]:
    ours = {p.rpartition(".")[2]: x.variability for p, x in model.parameters.items() if x.variability}
    theirs = {_meaning(reading, s)[0]: sd for s, sd in reading.get("variability", {}).items()}
    yield from (f"the variability of {n} stands in one reading only" for n in set(ours) ^ set(theirs))
    for name in set(ours) & set(theirs):
        if ours[name].distribution != "log-normal" or ours[name].sd != theirs[name]:
            yield f"the variability of {name} is {theirs[name]:g} in the second reading, {ours[name]} in the library"


def _data(model: Published, reading: Mapping[str, Any]) -> Iterator[str]:
    theirs = {
        n: tuple((r["day"], r["median"], r["low"], r["high"]) for r in rows)
        for n, rows in reading.get("data", {}).items()
    }
    if set(model.data) != set(theirs) or not all(_rows_agree(d, theirs[n]) for n, d in model.data.items()):
        yield "the data differ, or were read once only"


def _rows_agree(ours: Data, theirs: tuple[tuple[float, ...], ...]) -> bool:
    """The same rows. Read off a drawing: the same to a thousandth of its height, the width of a line in print."""
    if DRAWN not in ours.where or len(ours.rows) != len(theirs):
        return ours.rows == theirs
    line = max(x for row in theirs for x in row[1:]) / 1000
    return all(
        a[0] == b[0] and all(abs(x - y) <= line for x, y in zip(a[1:], b[1:], strict=True))
        for a, b in zip(ours.rows, theirs, strict=True)
    )


def _read_once(model: Published, reading: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that nobody read a second time: they must be listed as standing in no paper, and say why."""
    twice = {
        _meaning(reading, s)[0] for s in reading["meaning"] if s in reading["numbers"] or _in_a_variant(reading, s)
    }
    nowhere = set(reading.get("nowhere", {}).get("names", []))
    columns = model.said.sets.columns if model.said.sets and "sets" in reading else ()
    for path, x in model.parameters.items():
        name = path.rpartition(".")[2]
        if path in columns or name in twice:
            continue
        if name not in nowhere:
            yield f"{name} was read once only"
        elif not x.why:
            yield f"{name} stands in no paper, and the library does not say why it is {x.value:g}"


def _in_a_variant(reading: Mapping[str, Any], symbol: str) -> bool:
    return any(symbol in numbers for numbers in reading.get("variants", {}).values())
