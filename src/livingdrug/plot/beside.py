"""Every measure beside its published value: median and 95 % interval, published value and interval, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Estimate, Group, Lane, Points
from livingdrug.plot.ticks import number

Row = Mapping[str, Any]

SIGNS = {"inside": ("o", "green", False), "outside": ("X", "pink", False), "not comparable": ("s", "quiet", True)}
NAIVE = "quiet", "s"  # colour and sign of naive transfer
NEAR, FAR = 2.0, 12.0  # a ratio axis reaches at least, at most so far


def beside(measures: Sequence[Row]) -> Chart:
    """Rates on an axis in percent; all else as a ratio to the published value, on a logarithmic axis.

    measures: rows with `measure` (or `label`), `unit`, `simulated`, `low`, `high`, `published` (a list whose first
    entry has `value`, `low`, `high`), `fitted`, `verdict` (and `told`, more words for it), and where there is one
    `naive` (`value`, `low`, `high`): what was published of another trial. Rows without numbers on both sides are left
    out.
    """
    shown = [row for row in measures if _value(row) is not None and row.get("simulated") is not None]
    rates, others = [r for r in shown if r["unit"] == "%"], [r for r in shown if r["unit"] != "%"]
    groups = []
    if rates:
        groups.append(Group(ticks.shares("patients, %"), tuple(_lane(r, 1.0) for r in rates)))
    if others:
        groups.append(Group(_ratios(others), tuple(_lane(r, float(_value(r) or 1.0)) for r in others), reference=1.0))
    given = {str(row.get("verdict")) for row in shown}
    key = [
        Points([0], [0], "simulated", "o", name="simulated, 95 % of trials"),
        Points([0], [0], "published", "D", name="published, 95 % interval"),
        *([Points([0], [0], *NAIVE, name="naive transfer: another trial's value, 95 % of trials")]
          if any(map(_naive, shown)) else []),
        *(Points([0], [0], ink, shape, hollow=hollow, name=f"at the left: {v}")
          for v, (shape, ink, hollow) in SIGNS.items() if v in given),
    ]  # fmt: skip
    note = "† used in fitting" if any(row.get("fitted") for row in shown) else ""
    return Chart(groups=tuple(groups), key=tuple(key) if shown else (), note=note)


def _value(row: Row) -> float | None:
    published = row.get("published") or []
    return published[0]["value"] if published else None


def _naive(row: Row) -> Row | None:
    """What naive transfer says, where it can be compared."""
    naive = row.get("naive")
    return naive if naive and naive.get("verdict") != "not comparable" else None


def _lane(row: Row, by: float) -> Lane:
    unit = "" if row["unit"] in ("%", "1", "") else f" ({row['unit']})"
    label = str(row.get("label") or row["measure"]) + unit + (" †" if row.get("fitted") else "")
    verdict = str(row.get("verdict", "not comparable"))
    estimates = (
        _estimate(row, "simulated", by, "simulated", "o"),
        _estimate(row["published"][0], "value", by, "published", "D"),
        *([_estimate(naive, "value", by, *NAIVE)] if (naive := _naive(row)) else []),
    )
    return Lane(label, estimates, (*SIGNS.get(verdict, SIGNS["not comparable"]), str(row.get("told") or verdict)))


def _estimate(entry: Row, key: str, by: float, ink: str, shape: str) -> Estimate:
    low, high = entry.get("low"), entry.get("high")
    low_end, high_end = (None if end is None else float(end) / by for end in (low, high))
    return Estimate(entry[key] / by, low_end, high_end, ink, shape, _with_interval(entry[key], low, high))


def _ratios(rows: Sequence[Row]) -> Axis:
    """A ratio axis wide enough for all rows, between NEAR and FAR."""
    far = NEAR
    for row in rows:
        by, first = float(_value(row) or 1.0), row["published"][0]
        naive = [(_naive(row) or {}).get(key) for key in ("value", "low", "high")]
        for value in (row["simulated"], row.get("low"), row.get("high"), first.get("low"), first.get("high"), *naive):
            if value is not None and value / by > 0:
                far = max(far, value / by, by / value)
    far = min(far * 1.1, FAR)
    seen = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10) if 1 / far <= t <= far]
    return Axis(1 / far, far, tuple((t, f"{t:g}") for t in seen), "ratio to the published value", log=True)


def _with_interval(value: float, low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return number(value)
    ends = ["not reached" if end is None else number(end) for end in (low, high)]
    return f"{number(value)} ({ends[0]} to {ends[1]})"
