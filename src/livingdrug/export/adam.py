"""A run as CDISC analysis datasets: ADSL (patients), ADTTE (times to events), ADAE (toxicity), ADEX (doses), ADLB.

Dates are made up: every patient's day 0 is DAY_0. Study days have no 0, as CDISC wants it: the infusion is on day 1,
the day before is day -1. Exact times, in days from infusion, stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.export.naming import code, plain
from livingdrug.results.result import ArmResult, Result

if TYPE_CHECKING:
    import pandas as pd

DAY_0 = 14_610.0  # the date of day 0 in days from 1 January 1960 (SAS): 1 January 2000
TEXT, NUMBER, DATE = "text", "number", "date"


@dataclass(frozen=True)
class Variable:
    """One column. label: at most 40 characters; kind: text, number, or date (days from 1 January 1960)."""

    name: str
    label: str
    kind: str = TEXT


@dataclass(frozen=True)
class Dataset:
    """One dataset: its variables in order, and its rows (texts never missing, numbers nan where missing)."""

    name: str
    label: str
    variables: tuple[Variable, ...]
    frame: pd.DataFrame = field(repr=False)


WHO = (
    Variable("STUDYID", "Study Identifier"),
    Variable("USUBJID", "Unique Subject Identifier"),
    Variable("SUBJID", "Subject Identifier for the Study"),
)
ARM = (
    Variable("ARMCD", "Planned Arm Code"),
    Variable("ARM", "Description of Planned Arm"),
)
TREATED = (
    Variable("TRTP", "Planned Treatment"),
    Variable("TRTA", "Actual Treatment"),
    Variable("TRTSDT", "Date of First Exposure to Treatment", DATE),
)
ADSL = (
    *WHO,
    *ARM,
    Variable("TRT01P", "Planned Treatment for Period 01"),
    Variable("TRT01A", "Actual Treatment for Period 01"),
    Variable("AGE", "Age", NUMBER),
    Variable("AGEU", "Age Units"),
    Variable("SEX", "Sex"),
    Variable("ENRLFL", "Enrolled Population Flag"),
    Variable("SAFFL", "Safety Population Flag"),
    Variable("DCSREAS", "Reason for Discontinuation from Study"),
    Variable("TRTSDT", "Date of First Exposure to Treatment", DATE),
    Variable("DOSE01A", "Actual Treatment Dose for Period 01", NUMBER),
    Variable("DOSE01U", "Units for Dose for Period 01"),
    Variable("EOSSTT", "End of Study Status"),
    Variable("EOSDT", "End of Study Date", DATE),
    Variable("DTHFL", "Subject Death Flag"),
    Variable("DTHCAUS", "Cause of Death"),
    Variable("DTHDT", "Date of Death", DATE),
    Variable("EOSDAY", "End of Study, Days from Infusion", NUMBER),
    Variable("DTHDAY", "Death, Days from Infusion", NUMBER),
)
ADTTE = (
    *WHO,
    *TREATED,
    Variable("PARAMCD", "Parameter Code"),
    Variable("PARAM", "Parameter"),
    Variable("AVAL", "Analysis Value", NUMBER),
    Variable("AVALU", "Analysis Value Unit"),
    Variable("CNSR", "Censor (0: event, 1: censored)", NUMBER),
    Variable("EVNTDESC", "Event or Censoring Description"),
    Variable("STARTDT", "Time-to-Event Origin Date for Subject", DATE),
    Variable("ADT", "Analysis Date", DATE),
    Variable("ADY", "Analysis Relative Day", NUMBER),
)
ADAE = (
    *WHO,
    *TREATED,
    Variable("AESEQ", "Sequence Number", NUMBER),
    Variable("AETERM", "Reported Term for the Adverse Event"),
    Variable("AEDECOD", "Dictionary-Derived Term"),
    Variable("AETOXGR", "Standard Toxicity Grade"),
    Variable("ATOXGRN", "Analysis Toxicity Grade (N)", NUMBER),
    Variable("AESCALE", "Grading Scale"),
    Variable("ANL01FL", "Analysis Flag 01: Scale of the Trial"),
    Variable("TRTEMFL", "Treatment Emergent Analysis Flag"),
    Variable("ASTDT", "Analysis Start Date", DATE),
    Variable("AENDT", "Analysis End Date", DATE),
    Variable("ASTDY", "Analysis Start Relative Day", NUMBER),
    Variable("AENDY", "Analysis End Relative Day", NUMBER),
    Variable("ASTDAY", "Start, Days from Infusion", NUMBER),
    Variable("AENDAY", "End, Days from Infusion", NUMBER),
)
ADEX = (
    *WHO,
    *TREATED,
    Variable("EXSEQ", "Sequence Number", NUMBER),
    Variable("EXTRT", "Name of Treatment"),
    Variable("EXDOSE", "Dose", NUMBER),
    Variable("EXDOSU", "Dose Units"),
    Variable("DOSEPER", "Dose per kg or m2", NUMBER),
    Variable("DOSEPERU", "Units of Dose per kg or m2"),
    Variable("EXORDER", "Schedule or Care Rule That Gave the Dose"),
    Variable("ASTDT", "Analysis Start Date", DATE),
    Variable("AENDT", "Analysis End Date", DATE),
    Variable("EXSTDY", "Study Day of Start of Treatment", NUMBER),
    Variable("EXENDY", "Study Day of End of Treatment", NUMBER),
    Variable("EXSTDAY", "Start, Days from Infusion", NUMBER),
    Variable("EXENDAY", "End, Days from Infusion", NUMBER),
)
ADLB = (
    *WHO,
    *TREATED,
    Variable("PARAMCD", "Parameter Code"),
    Variable("PARAM", "Parameter"),
    Variable("AVAL", "Analysis Value", NUMBER),
    Variable("AVALC", "Analysis Value (C)"),
    Variable("AVALU", "Analysis Value Unit"),
    Variable("BLQFL", "Below Limit of Quantification Flag"),
    Variable("LBLLOQ", "Lower Limit of Quantification", NUMBER),
    Variable("ADT", "Analysis Date", DATE),
    Variable("ADY", "Analysis Relative Day", NUMBER),
    Variable("ARELTM", "Analysis Relative Time", NUMBER),
    Variable("ARELTMU", "Analysis Relative Time Unit"),
    Variable("ASEQ", "Analysis Sequence Number", NUMBER),
)


def datasets(result: Result) -> Iterator[Dataset]:
    """The five datasets of a run, all arms together; a patient has an identifier of its own in each arm."""
    study = _Study(result)
    yield study.dataset("ADSL", "Subject-Level Analysis Dataset", (*ADSL, *study.baseline), study.adsl)
    yield study.dataset("ADTTE", "Time-to-Event Analysis Dataset", ADTTE, study.adtte)
    yield study.dataset("ADAE", "Adverse Events Analysis Dataset", ADAE, study.adae)
    yield study.dataset("ADEX", "Exposure Analysis Dataset", ADEX, study.adex)
    yield study.dataset("ADLB", "Laboratory Analysis Dataset", ADLB, study.adlb)


def study_day(day: Any) -> Any:
    """CDISC's day of a time in days from infusion: 1 on the day of infusion, -1 on the day before, never 0."""
    whole = np.floor(np.asarray(day, float))
    return np.where(whole >= 0, whole + 1.0, whole)


def date(day: Any) -> Any:
    """The made-up date of a time in days from infusion; nan where it never came."""
    return np.where(np.isfinite(day), DAY_0 + np.floor(np.asarray(day, float)), np.nan)


class _Study:
    """One run, as CDISC sees it: a study with arms, each with its own subjects."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.id = code(result.trial, most=20)
        self.codes: dict[str, str] = {}
        for name in result.arms:
            self.codes[name] = code(name, self.codes.values(), 20)
        own = [n for n in result.resolved.covariates if all(n in arm.columns for arm in result.arms.values())]
        taken = {v.name for v in ADSL}
        self.columns: dict[str, str] = {}
        for name in (n for n in own if n not in ("age", "female")):  # they are AGE and SEX
            self.columns[name] = code(f"{code(name, most=6)}BL", {*taken, *self.columns.values()})
        self.params: dict[str, str] = {}
        self.treatments = {name: arm.title for name, arm in result.arms.items()}
        if len(result.arms) == 1 and result.product:  # the arm has the trial's title
            self.treatments = dict.fromkeys(result.arms, result.product)

    @property
    def baseline(self) -> tuple[Variable, ...]:
        """The patients' other properties as variables."""
        means = self.result.arm().dictionary.get("patients", {})
        return tuple(
            Variable(short, _label(*means.get(name, ("", name))), NUMBER) for name, short in self.columns.items()
        )

    def dataset(
        self, name: str, label: str, variables: tuple[Variable, ...], rows: Callable[[ArmResult], pd.DataFrame]
    ) -> Dataset:
        """The rows of every arm under each other, in the variables' order, without infinities."""
        import pandas as pd

        frame = pd.concat([rows(arm) for arm in self.result.arms.values()], ignore_index=True)
        columns = {}
        for v in variables:
            if v.kind == TEXT:
                words = {w: plain(w) for w in frame[v.name].unique()}
                columns[v.name] = frame[v.name].map(words).astype(object)
            else:
                values = frame[v.name].astype(float)
                columns[v.name] = values.where(np.isfinite(values))
        return Dataset(name, label, variables, pd.DataFrame(columns))

    def _who(self, arm: ArmResult, patient: Any, treated: bool = True) -> dict[str, Any]:
        """The identifiers of rows of patients; with their treatment."""
        numbers = [f"{int(p):07d}" for p in patient]
        found: dict[str, Any] = {
            "STUDYID": self.id,
            "USUBJID": [f"{self.id}-{self.codes[arm.name]}-{n}" for n in numbers],
            "SUBJID": numbers,
        }
        if treated:
            treatment = self.treatments[arm.name]
            found |= {"TRTP": treatment, "TRTA": treatment, "TRTSDT": self._infused(arm, patient)}
        return found

    def _infused(self, arm: ArmResult, patient: Any) -> Any:
        """The date of infusion; nan for who had none."""
        infused = arm.columns["patient"][arm.columns["infused"] > 0]
        return np.where(np.isin(np.asarray(patient), infused), DAY_0, np.nan)

    def adsl(self, arm: ArmResult) -> pd.DataFrame:
        """One row for each enrolled patient."""
        import pandas as pd

        p = arm.columns
        infused = p["infused"] > 0
        dead = np.isfinite(p["death_day"])
        n = len(infused)
        sex = np.where(p["female"] > 0, "F", "M") if "female" in p else np.full(n, "U")
        age = p["age"] if "age" in p else np.full(n, np.nan)
        return pd.DataFrame(
            {
                **self._who(arm, p["patient"], treated=False),
                "ARMCD": self.codes[arm.name],
                "ARM": self.treatments[arm.name],
                "TRT01P": self.treatments[arm.name],
                "TRT01A": np.where(infused, self.treatments[arm.name], ""),
                "AGE": age,
                "AGEU": np.where(np.isfinite(age), "YEARS", ""),
                "SEX": np.where(np.isfinite(age) if "female" not in p else np.isfinite(p["female"]), sex, "U"),
                "ENRLFL": "Y",
                "SAFFL": np.where(infused, "Y", "N"),
                "DCSREAS": np.select(
                    [~infused, p["failed"] == 1, dead], [p["status"], "the simulation failed", "death"], ""
                ),
                "TRTSDT": self._infused(arm, p["patient"]),
                "DOSE01A": p["dose"],
                "DOSE01U": np.where(infused, arm.dictionary.get("patients", {}).get("dose", ("", ""))[0], ""),
                "EOSSTT": np.where(infused & ~dead & (p["failed"] != 1), "COMPLETED", "DISCONTINUED"),
                "EOSDT": date(p["end_day"]),
                "DTHFL": np.where(dead, "Y", ""),
                "DTHCAUS": p["cause"],
                "DTHDT": date(p["death_day"]),
                "EOSDAY": p["end_day"],
                "DTHDAY": p["death_day"],
                **{short: p[name] for name, short in self.columns.items()},
            }
        )

    def adtte(self, arm: ArmResult) -> pd.DataFrame:
        """One row for each patient and endpoint that the patient is followed for."""
        import pandas as pd

        parts = []
        for name, end in arm.endpoints.items():
            known = ~np.isnan(end.time)
            day = (end.start + end.time)[known]
            parts.append(
                pd.DataFrame(
                    {
                        **self._who(arm, arm.columns["patient"][known]),
                        "PARAMCD": self._param(name),
                        "PARAM": f"{end.title} (days)",
                        "AVAL": end.time[known],
                        "AVALU": "DAYS",
                        "CNSR": np.where(end.event[known], 0.0, 1.0),
                        "EVNTDESC": np.asarray(end.what)[known].astype(str),
                        "STARTDT": date(end.start[known]),
                        "ADT": date(day),
                        "ADY": study_day(day),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[v.name for v in ADTTE])

    def adae(self, arm: ArmResult) -> pd.DataFrame:
        """One row for each patient and scale with a grade."""
        t = _table(arm, "toxicity")
        t["AESEQ"] = t.groupby("patient").cumcount() + 1.0
        return t.assign(
            **self._who(arm, t["patient"]),
            AETERM=t["what"],
            AEDECOD=t["what"].str.upper(),
            AETOXGR=_texts("{:.0f}", t["grade"]),
            ATOXGRN=t["grade"],
            AESCALE=t["scale"],
            ANL01FL=np.where(t["own"] == 1, "Y", ""),
            TRTEMFL=np.where(t["first"] >= 0, "Y", ""),
            ASTDT=date(t["first"]),
            AENDT=date(t["last"]),
            ASTDY=study_day(t["first"]),
            AENDY=study_day(t["last"]),
            ASTDAY=t["first"],
            AENDAY=t["last"],
        )

    def adex(self, arm: ArmResult) -> pd.DataFrame:
        """One row for each dose."""
        d = _table(arm, "doses")
        d["EXSEQ"] = d.groupby("patient").cumcount() + 1.0
        ends = d["day"] + d["duration"]
        product = self.result.product or "infusion"
        return d.assign(
            **self._who(arm, d["patient"]),
            EXTRT=d["what"].where(d["what"] != "infusion", product).str.upper(),
            EXDOSE=d["amount"],
            EXDOSU=d["unit"],
            DOSEPER=d["amount_per"],
            DOSEPERU=np.where(d["per"] != "", d["unit"] + "/" + d["per"], ""),
            EXORDER=d["ordered_by"],
            ASTDT=date(d["day"]),
            AENDT=date(ends),
            EXSTDY=study_day(d["day"]),
            EXENDY=study_day(ends),
            EXSTDAY=d["day"],
            EXENDAY=ends,
        )

    def adlb(self, arm: ArmResult) -> pd.DataFrame:
        """One row for each sample."""
        o = _table(arm, "observations")
        means = arm.dictionary.get("samples", {})
        paths = o["observable"].unique()
        below = o["below_limit"] == 1
        o["ASEQ"] = o.groupby("patient").cumcount() + 1.0
        return o.assign(
            **self._who(arm, o["patient"]),
            PARAMCD=o["observable"].map({p: self._param(p.rpartition(".")[2]) for p in paths}),
            PARAM=o["observable"].map({p: "{1} ({0})".format(*means.get(p, ("", p))) for p in paths}),
            AVAL=o["value"],
            AVALC=np.where(below, _texts("<{:g}", o["limit"]), _texts("{:g}", o["value"])),
            AVALU=o["unit"],
            BLQFL=np.where(below, "Y", ""),
            LBLLOQ=o["limit"],
            ADT=date(o["day"]),
            ADY=study_day(o["day"]),
            ARELTM=o["day"],
            ARELTMU="DAYS",
        )

    def _param(self, words: str) -> str:
        """A parameter's code, the same in every arm."""
        if words not in self.params:
            self.params[words] = code(words, self.params.values())
        return self.params[words]


def _table(arm: ArmResult, name: str) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(arm.rows(name), ignore_index=True)


def _texts(form: str, values: Any) -> Any:
    """Numbers as texts."""
    return np.array([form.format(x) for x in values], object)


def _label(unit: str, words: str) -> str:
    """A label of at most 40 characters, with the unit where there is room."""
    long = plain(f"{words} [{unit}]" if unit and unit != "1" else words)
    return long if len(long) <= 40 else plain(words, 40)
