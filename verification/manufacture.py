"""Manufacture and waiting beside what was published of them; the two scenarios of a faster way.

Run: python verification/manufacture.py [patients] (some minutes). Tables stand between marks in docs/manufacture.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from writing import table, write_section

from livingdrug import Trial
from livingdrug.trial.compare import exact_binomial
from livingdrug.trial.enrolment import Enrolled, enrol

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "manufacture.md"
SEEDS = range(1, 11)
ENROLLED = 4_000  # patients of a seed who are followed to infusion
PATIENTS = 1_000  # of an arm of a scenario
FEW_SEEDS = (1, 2, 3)
CHILDREN, ADULTS = ("eliana", "tisagenlecleucel-leukaemia"), ("juliet", "tisagenlecleucel")
AXI, LISO = ("zuma-1", "axicabtagene-ciloleucel"), ("transcend-nhl-001", "lisocabtagene-maraleucel")
BREXU, IDE = ("zuma-2", "brexucabtagene-autoleucel"), ("karmma", "idecabtagene-vicleucel")
CILTA = ("cartitude-1", "ciltacabtagene-autoleucel")
CILTA_OUTSIDE = ("us-ciltacabtagene-myeloma", "ciltacabtagene-autoleucel")
Read = Callable[[Mapping[str, Any], Enrolled], float]


@lru_cache(maxsize=16)
def enrolled(of: tuple[str, str], seed: int, sets: tuple[tuple[str, Any], ...]) -> Enrolled:
    """Patients of a trial with their product made, as they are when they are infused or lost."""
    trial = Trial(of[0], {"manufacture": of[1], **dict(sets)})
    arm = trial.resolved.arms[0]
    return enrol(arm, trial.design(arm), np.arange(ENROLLED, dtype=np.int64), seed)


@dataclass(frozen=True)
class Row:
    """A published figure, and where it is read. n: of a share, so that its exact interval is known; used: whether it
    was used when values were set."""

    what: str
    published: str
    value: float
    of: tuple[str, str]
    read: Read
    n: int = 0
    within: tuple[float, float] | None = None
    used: bool = False
    sets: tuple[tuple[str, Any], ...] = ()

    def cells(self) -> tuple[str, ...]:
        """The row as text: published, simulated over the seeds, whether it lies in the published interval."""
        found = []
        for seed in SEEDS:
            made = enrolled(self.of, seed, self.sets)
            found.append(self.read(made.before.columns, made))
        middle, ends = float(np.median(found)), self.within or (exact_binomial(self.value, self.n) if self.n else None)
        told = f"{middle:.3g} ({min(found):.3g} to {max(found):.3g})"
        word = "no interval" if ends is None else "inside" if ends[0] <= middle <= ends[1] else "outside"
        span = f" ({ends[0]:.3g} to {ends[1]:.3g})" if ends else ""
        return self.what, f"{self.published}{span}", told, word, "yes" if self.used else ""


def share(name: str) -> Read:
    """A share of all enrolled [%]."""
    return lambda columns, _: 100 * float(columns[name].mean())


def quartile(name: str, at: float, scale: float = 1.0) -> Read:
    """A percentile of all enrolled."""
    return lambda columns, _: scale * float(np.percentile(columns[name], at))


def above(name: str, least: float) -> Read:
    """The share above a value [%]."""
    return lambda columns, _: 100 * float((columns[name] >= least).mean())


def waited(columns: Mapping[str, Any], made: Enrolled) -> float:
    """Median vein to vein of those infused [day]."""
    return float(np.median(columns["vein_to_vein"][made.infused]))


def not_infused(columns: Mapping[str, Any], made: Enrolled) -> float:
    """Those not infused [%]."""
    return 100 * (1 - len(made.infused) / len(made.ids))


def out_of_specification(columns: Mapping[str, Any], made: Enrolled) -> float:
    """Given a lot out of specification, of all enrolled [%]."""
    return 100 * float((columns["in_specification"][made.infused] == 0).sum() / len(made.ids))


def first_failed(columns: Mapping[str, Any], _: Enrolled) -> float:
    """First lots not in specification [%]."""
    return 100 * float((columns["first_in_specification"] == 0).mean())


def second_in_specification(columns: Mapping[str, Any], _: Enrolled) -> float:
    """Second lots in specification [%]."""
    return 100 * float(columns["in_specification"][columns["lots"] == 2].mean())


def after_bendamustine(columns: Mapping[str, Any], _: Enrolled) -> float:
    """Bendamustine within six months, of those whose first lot failed [%]."""
    return 100 * float(columns["after_bendamustine"][columns["first_in_specification"] == 0].mean())


def progressed(columns: Mapping[str, Any], made: Enrolled) -> float:
    """Progression or death, of those lost while waiting [%]."""
    other = sum("other" in s for s in made.status)
    return 100 * (1 - other / float(columns["dropped_out"].sum()))


def potency(days: float) -> Read:
    """Potency of day 9 is 1 of these cells; here that of cells of `days`, the same patients, over it."""

    def read(columns: Mapping[str, Any], made: Enrolled) -> float:
        usual = enrolled(ADULTS, made.patients.seed, (("culture.days", 9),)).before.columns["potency"]
        return float(np.median(columns["potency"]) / np.median(usual))

    return read


def dose(light: bool) -> Read:
    """Median dose: per kg [1e6 cell/kg] of those up to 50 kg, in all [1e8 cell] of those above."""

    def read(_: Mapping[str, Any], made: Enrolled) -> float:
        weight = np.asarray(made.values["weight"])
        if light:
            return float(np.median((made.dose / weight)[weight <= 50])) / 1e6
        return float(np.median(made.dose[weight > 50])) / 1e8

    return read


TWO = (("release.lots", 2),)
LOSSES = [
    Row("ELIANA: manufacturing failure, %", "8", 8, CHILDREN, share("manufacturing_failure"), 92, used=True),
    Row("ELIANA: made, not given, %", "11", 11, CHILDREN, share("dropped_out"), 92, used=True),
    Row("ELIANA: not infused, %", "18", 18, CHILDREN, not_infused, 92, used=True),
    Row("JULIET: manufacturing failure, %", "7", 7, ADULTS, share("manufacturing_failure"), 165, used=True),
    Row("JULIET: made, not given, %", "23", 23, ADULTS, share("dropped_out"), 165, used=True),
    Row("JULIET: not infused, %", "30", 30, ADULTS, not_infused, 165, used=True),
    Row("ZUMA-1: manufacturing failure, %", "1", 1, AXI, share("manufacturing_failure"), 111),
    Row("ZUMA-1: made, not given, %", "8", 8, AXI, share("dropped_out"), 111, used=True),
    Row("ZUMA-1: not infused, %", "9", 9, AXI, not_infused, 111),
    Row("TRANSCEND: manufacturing failure, %", "0.6", 0.6, LISO, share("manufacturing_failure"), 344),
    Row("TRANSCEND: given out of specification, %", "8", 8, LISO, out_of_specification, 344, used=True),
    Row("TRANSCEND: made, not given, %", "14", 14, LISO, share("dropped_out"), 344, used=True),
    Row("TRANSCEND: not infused, %", "15", 15, LISO, not_infused, 344),
    Row("ZUMA-2: manufacturing failure, %", "4", 4, BREXU, share("manufacturing_failure"), 74),
    Row("ZUMA-2: made, not given, %", "4", 4, BREXU, share("dropped_out"), 74),
    Row("ZUMA-2: not infused, %", "8", 8, BREXU, not_infused, 74),
    Row("KarMMa: manufacturing failure, %", "0.7", 0.7, IDE, share("manufacturing_failure"), 140),
    Row("KarMMa: made, not given, %", "8", 8, IDE, share("dropped_out"), 140, used=True),
    Row("KarMMa: not infused, %", "9", 9, IDE, not_infused, 140, used=True),
    Row("CARTITUDE-1: not infused, %", "14", 14, CILTA, not_infused, 113),
    Row("cilta-cel outside trials: not infused, %", "7.5", 7.5, CILTA_OUTSIDE, not_infused, 255),
    Row("Pinnix 2020: of those lost while waiting, for the disease, %", "88", 88, AXI, progressed, used=True),
]
PRODUCT = [
    Row("CD3 collected, children, median, 1e9", "2.6", 2.6, CHILDREN, quartile("t_cells_collected", 50, 1e-9),
        within=(1.2, 4.1)),
    Row("the same, first quartile", "1.2", 1.2, CHILDREN, quartile("t_cells_collected", 25, 1e-9)),
    Row("the same, third quartile", "4.1", 4.1, CHILDREN, quartile("t_cells_collected", 75, 1e-9)),
    Row("0.6e9 or more collected, %", "97", 97, CHILDREN, above("t_cells_collected", 0.6e9), 71),
    Row("2e9 or more collected, %", "77", 77, CHILDREN, above("t_cells_collected", 2e9), 71),
    Row("the same, adults with lymphoma, %", "77", 77, ADULTS, above("t_cells_collected", 2e9), 71),
    Row("CAR+ of tisa-cel, median, %", "17.4", 17.4, CHILDREN, quartile("car_positive", 50, 100), within=(12, 23.1),
        used=True),
    Row("the same, first quartile", "12", 12, CHILDREN, quartile("car_positive", 25, 100), used=True),
    Row("the same, third quartile", "23.1", 23.1, CHILDREN, quartile("car_positive", 75, 100), used=True),
    Row("dose up to 50 kg, median, 1e6/kg", "3.3", 3.3, CHILDREN, dose(True)),
    Row("dose above 50 kg, median, 1e8", "1.7", 1.7, CHILDREN, dose(False)),
    Row("potency of day 3 over day 9", "6", 6, ADULTS, potency(3), used=True, sets=(("culture.days", 3),)),
    Row("potency of two days over day 9 (dose for equal expansion)", "25", 25, ADULTS, potency(2),
        sets=(("culture.days", 2),)),
]  # fmt: skip
DAYS = [
    Row("tisa-cel, lymphoma, trials, d", "52.0", 52, ADULTS, waited, used=True),
    Row("tisa-cel, leukaemia, trials, d", "43", 43, CHILDREN, waited, used=True),
    Row("axi-cel, trials, d", "25.5", 25.5, AXI, waited, used=True),
    Row("liso-cel, d", "35.9", 35.9, LISO, waited, used=True),
]
AUDIT = [
    Row("lymphoma, axi-cel: first lot failed, %", "4.2", 4.2, AXI, first_failed, 903, sets=TWO),
    Row("lymphoma, tisa-cel: first lot failed, %", "4.2", 4.2, ADULTS, first_failed, 903, sets=TWO),
    Row("leukaemia: first lot failed, %", "4.3", 4.3, CHILDREN, first_failed, 138, sets=TWO),
    Row("mantle-cell lymphoma, brexu-cel: first lot failed, %", "14.4", 14.4, BREXU, first_failed, 97, sets=TWO),
    Row("35 % after bendamustine (as for mantle-cell): first lot failed, %", "14.4", 14.4, AXI, first_failed, 97,
        sets=(*TWO, ("culture.bendamustine", 0.35))),
    Row("axi-cel: bendamustine within six months, of failures, %", "23.7", 23.7, AXI, after_bendamustine, 38,
        used=True, sets=TWO),
    Row("axi-cel: second lot in specification, %", "about 50", 50, AXI, second_in_specification, used=True, sets=TWO),
    Row("tisa-cel: second lot in specification, %", "about 50", 50, ADULTS, second_in_specification, used=True,
        sets=TWO),
]  # fmt: skip
HEAD = ("what", "published (interval)", "simulated: median over the seeds (lowest to highest)", "", "used")
ASKED = ("infused", "dropped_out", "vein_to_vein", "cr", "cr_enrolled", "pfs_12m_enrolled", "os_12m_enrolled")
SCENARIOS = {
    "zuma_1_manufacture_10_days": ASKED,
    "vein_to_vein": (*ASKED, "os_24m_enrolled"),
    "two_day_manufacture": ("dose", "cmax", *ASKED, "crs_severe"),
}


def scenario(example: str, asked: tuple[str, ...], patients: int) -> str:
    """An example as a table: measures by arm, over the seeds."""
    trial = Trial(ROOT / "examples" / f"{example}.toml")
    results = [trial.run(patients, seed) for seed in FEW_SEEDS]
    rows = []
    for name in asked:
        titles = {r.measure: f"{r.title}, {r.unit}" for r in results[0].arm().comparison.rows}
        cells = []
        for arm in results[0].arms:
            found = [_value(result.arm(arm), name) for result in results]
            cells.append(f"{np.median(found):.3g} ({min(found):.3g} to {max(found):.3g})")
        rows.append((titles.get(name, {"infused": "Infused, of enrolled, %"}.get(name, name)), *cells))
    about = (
        f"`examples/{example}.toml`, {patients:,} enrolled patients in each arm, seeds {', '.join(map(str, FEW_SEEDS))}"
    )
    return f"{about}: median (lowest to highest).\n\n{table(('measure', *results[0].arms), rows)}"


def _value(arm: Any, name: str) -> float:
    if name == "infused":
        return 100 * arm.counts["infused"] / arm.counts["enrolled"]
    return float(arm.comparison[name].whole)


def main(patients: int) -> None:
    for mark, rows in (("losses", LOSSES), ("product", PRODUCT), ("days", DAYS), ("audit", AUDIT)):
        write_section(mark, table(HEAD, [r.cells() for r in rows]), PAGE)
    for example, asked in SCENARIOS.items():
        write_section(example, scenario(example, asked, patients), PAGE)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS)
