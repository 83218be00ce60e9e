"""The arms of a trial side by side: every measure in the same patients, and its difference from the reference arm.

Two intervals, never mixed. The *Monte-Carlo interval* says how well this many virtual patients fix the simulated
difference: it narrows with more of them. The *prediction interval* says what a randomised trial of the named size,
with other patients in each arm, would show: it does not. A run with plausible values adds, apart, what the values leave
open.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from livingdrug.errors import named
from livingdrug.results.comparison import columns, number
from livingdrug.results.written import plain
from livingdrug.tabular import wrapped

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
NOT_MEASURED = "not measured in"  # how the note of a measure begins that one of two arms lacks


@dataclass(frozen=True)
class Difference:
    """A measure in one arm beside the reference arm, in the measure's unit; nan where there is none.

    value, low, high: in all patients, with its Monte-Carlo interval; difference: from the reference arm, with the
    Monte-Carlo interval, then the prediction interval in a trial; ratio: to the reference arm, likewise, of measures on
    a logarithmic scale; note: why there is no difference; alike: as in the reference arm. values_low, values_high: of
    the difference over plausible sets of values, in all patients; both_low, both_high: the prediction interval in a
    trial in any of the sets; likewise of the ratio.
    """

    value: float
    low: float = NAN
    high: float = NAN
    difference: float = NAN
    difference_low: float = NAN
    difference_high: float = NAN
    trial_low: float = NAN
    trial_high: float = NAN
    ratio: float = NAN
    ratio_low: float = NAN
    ratio_high: float = NAN
    trial_ratio_low: float = NAN
    trial_ratio_high: float = NAN
    note: str = ""
    alike: bool = False
    values_low: float = NAN
    values_high: float = NAN
    both_low: float = NAN
    both_high: float = NAN
    values_ratio_low: float = NAN
    values_ratio_high: float = NAN
    both_ratio_low: float = NAN
    both_ratio_high: float = NAN

    @property
    def absent(self) -> bool:
        """Whether one of the two arms does not measure it."""
        return self.note.startswith(NOT_MEASURED)

    def told(self) -> str:
        """The ratio where there is one, else the difference, with its Monte-Carlo interval."""
        if self.note or math.isnan(self.difference):
            return self.note or "-"
        if not math.isnan(self.ratio):
            return "x " + _spanned(number, self.ratio, self.ratio_low, self.ratio_high)
        return _spanned(signed, self.difference, self.difference_low, self.difference_high)

    def in_trial(self) -> str:
        """The prediction interval of the ratio, or of the difference, in a trial."""
        return self._ends("trial")

    def over_values(self) -> str:
        """The ratio, or the difference, over the plausible sets of values."""
        return self._ends("values")

    def in_trial_and_values(self) -> str:
        """The prediction interval in a trial in any of the plausible sets of values."""
        return self._ends("both")

    def _ends(self, of: str) -> str:
        low, high = getattr(self, f"{of}_low"), getattr(self, f"{of}_high")
        ratios = getattr(self, f"{of}_ratio_low"), getattr(self, f"{of}_ratio_high")
        if math.isnan(low):
            return ""
        if not math.isnan(ratios[0]):
            return f"x {number(ratios[0])} to {number(ratios[1])}"
        return f"{signed(low)} to {signed(high)}"


@dataclass(frozen=True)
class Compared:
    """One measure: its value in the reference arm, and in every other arm beside it, by the arm's name."""

    measure: str
    title: str
    unit: str
    reference: float
    others: dict[str, Difference]

    @property
    def alike(self) -> bool:
        """Whether no arm differs from the reference arm, in any patient that matters, whatever the plausible values."""
        return all(x.alike and math.isnan(x.values_low) for x in self.others.values())

    @property
    def alone(self) -> bool:
        """Whether no other arm is compared, since this is measured in it or in the reference arm only."""
        return bool(self.others) and all(x.absent for x in self.others.values())


@dataclass(frozen=True)
class Arms:
    """titles: of the arms by name, the reference arm first; patients: enrolled in each; size: infused in each arm of
    the trial that the prediction intervals are of; None without one; sets: plausible sets of values, 0 without any."""

    titles: dict[str, str]
    rows: tuple[Compared, ...]
    patients: int = 0
    size: int | None = None
    sets: int = 0

    @property
    def reference(self) -> str:
        """The name of the arm that the others are compared with."""
        return next(iter(self.titles))

    def __getitem__(self, measure: str) -> Compared:
        return named("measure", measure, {r.measure: r for r in self.rows})

    @property
    def changed(self) -> tuple[Compared, ...]:
        """The measures in which some arm differs from the reference arm."""
        return tuple(r for r in self.rows if not r.alike and not r.alone)

    def apart(self, unit: Callable[[str], str] = str) -> str:
        """A sentence for each arm that measures what no other arm does, as standard of care has no CAR-T cells; "" when
        none. unit: how units are written."""
        told: dict[str, list[str]] = {}
        for r in self.rows:
            if r.alone:
                shown = {self.reference: r.reference, **{name: d.value for name, d in r.others.items()}}
                where = " and ".join(f"'{self.titles[name]}'" for name, x in shown.items() if not math.isnan(x))
                values = [
                    f"{number(x)} {'' if r.unit == '1' else unit(r.unit)}".rstrip() for x in shown.values() if x == x
                ]
                told.setdefault(where, []).append(f"{r.title} {' and '.join(values)}")
        return " ".join(f"Measured in {where} only ({len(all_)}): {'; '.join(all_)}." for where, all_ in told.items())

    @property
    def same(self) -> str:
        """One line: the measures that are alike in every arm; "" when none is."""
        alike = [r.title for r in self.rows if r.alike and r.others]
        return f"Alike in every arm ({len(alike)}): {'; '.join(alike)}." if alike else ""

    @property
    def about(self) -> str:
        """What the intervals are."""
        told = (
            f"In brackets: 95 % Monte-Carlo interval of the difference from '{self.titles[self.reference]}', for "
            f"{self.patients:,} virtual patients, the same in every arm; x: ratio."
        )
        if self._in_trial:
            told += (
                f" In a trial: 95 % prediction interval of a randomised trial with {self.size} patients in each arm."
            )
        if self.sets:
            told += f" Values: lowest and highest over {self.sets} plausible sets of values, the same in every arm"
            told += "; both: such a trial in any of the sets." if self._in_trial else "."
        return told

    @property
    def _in_trial(self) -> bool:
        """Whether the table has room for the prediction intervals; they are always in `frame`."""
        seen = (not math.isnan(d.trial_low) for r in self.rows for d in r.others.values())
        return self.size is not None and len(self.titles) == 2 and any(seen)

    def frame(self) -> pd.DataFrame:
        """One row for each measure and arm but the reference arm: measure, title, unit, arm, reference (its value in
        the reference arm), then the numbers of `Difference`."""
        import pandas as pd

        keys = self._keys
        head = ["measure", "title", "unit", "arm", "reference", *keys]
        found = [
            [r.measure, r.title, r.unit, name, r.reference, *(getattr(d, k) for k in keys)]
            for r in self.rows
            for name, d in r.others.items()
        ]
        return pd.DataFrame(found, columns=head)

    @property
    def _keys(self) -> list[str]:
        """The numbers of a difference that this run has."""
        return [f.name for f in fields(Difference) if self.sets or not f.name.startswith(("values_", "both_"))]

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary a measure: measure, title, unit, reference, and the numbers of each other arm by its name;
        what is missing or endless is None."""
        return [
            {
                "measure": r.measure,
                "title": r.title,
                "unit": r.unit,
                "reference": plain(r.reference),
                "arms": {name: {k: plain(getattr(d, k)) for k in self._keys} for name, d in r.others.items()},
            }
            for r in self.rows
        ]

    def json(self) -> dict[str, Any]:
        """The object under `between_arms` of `run --json`."""
        return {
            "reference": self.reference,
            "patients": self.patients,
            "size": self.size,
            "interval": "95 % Monte-Carlo interval, patients resampled in pairs; "
            "trial_low, trial_high: 95 % prediction interval in a randomised trial of that size in each arm",
            **({"sets": self.sets} if self.sets else {}),
            "measures": self.to_dicts(),
        }

    def cells(self) -> list[tuple[str, ...]]:
        """The head, then the measures that differ: title, unit, value in the reference arm; of every other arm its
        value and its difference; with one other arm the prediction interval too."""
        trial = self._in_trial
        both = trial and self.sets > 0
        first, *others = self.titles.values()
        head = ["measure", "unit", first]
        for title in others:
            head += [title, "difference (95 %)", *(["in a trial (95 %)"] if trial else [])]
            head += [*([f"values ({self.sets} sets)"] if self.sets else []), *(["both (95 %)"] if both else [])]
        body = []
        for r in self.changed:
            row = [r.title, "" if r.unit == "1" else r.unit, number(r.reference)]
            for d in r.others.values():
                row += [number(d.value), "alike" if d.alike else d.told(), *([d.in_trial()] if trial else [])]
                row += [*([d.over_values()] if self.sets else []), *([d.in_trial_and_values()] if both else [])]
            body.append(tuple(row))
        return [tuple(head), *body]

    @property
    def _alone(self) -> str:
        """What is said of a run with one arm."""
        return f"One arm, '{next(iter(self.titles.values()))}': there is none to compare it with."

    def __repr__(self) -> str:
        if len(self.titles) == 1:
            return wrapped(self._alone)
        shown = [columns(self.cells()), wrapped(self.about)] if self.changed else []
        return "\n\n".join([*shown, *(wrapped(told) for told in (self.same, self.apart()) if told)])

    def _repr_html_(self) -> str:
        if len(self.titles) == 1:
            return f"<p>{html.escape(self._alone)}</p>"
        head, *body = (tuple(html.escape(x) for x in row) for row in self.cells())
        line = "".join(f"<th>{x}</th>" for x in head)
        rows = "".join("<tr>" + "".join(f"<td>{x}</td>" for x in row) + "</tr>" for row in body)
        under = "".join(f"<p>{html.escape(told)}</p>" for told in (self.about, self.same, self.apart()) if told)
        return f'<table class="arms"><thead><tr>{line}</tr></thead><tbody>{rows}</tbody></table>{under}'


def signed(x: float) -> str:
    """A difference, with its sign."""
    text = number(x)
    return f"+{text}" if x > 0 and text != "0" else text


def _spanned(told: Any, x: float, low: float, high: float) -> str:
    return told(x) + ("" if math.isnan(low) else f" ({told(low)} to {told(high)})")
