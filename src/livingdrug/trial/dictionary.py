"""What every column of a run's tables means: its unit and its words."""

from __future__ import annotations

from collections.abc import Mapping

from livingdrug.scenario import Arm
from livingdrug.trial.design import Design

PATIENTS = {
    "arm": "the arm",
    "patient": "number of the patient, the same in every arm",
    "status": "infused, or why not",
    "infused": "1: infused",
    "dose": "CAR-T cells infused",
    "outcome": "how the simulation of the patient ended; 10 and above: it could not be ended",
    "failed": "1: the patient could not be simulated to the end",
    "end_day": "last day of follow-up",
    "death_day": "day of death; inf when alive at the end",
    "cause": "cause of death",
    "cmax": "highest sample after the first day and a half",
    "tmax": "day of the highest sample",
    "auc": "area under the samples, days 0 to 28",
    "last_measurable": "day of the last sample above the limit of quantification",
    "doubling": "doubling time while rising, without assay noise",
    "decline": "half-life of the first decline, without assay noise",
    "auc_true": "area under the course, days 0 to 28, without assay noise",
}
EVENTS = {
    "arm": ("", "the arm"),
    "patient": ("", "number of the patient"),
    "day": ("day", "from infusion"),
    "event": ("", "what happened; of an endpoint, its event or censoring"),
    "endpoint": ("", "the endpoint, where the row is one's event or censoring"),
    "days_from_start": ("day", "from the endpoint's own start; missing where the row is no endpoint's"),
}
COURSES = {
    "arm": ("", "the arm"),
    "observable": ("", "the quantity, by its path"),
    "unit": ("", "its unit"),
    "day": ("day", "from infusion"),
    "followed": ("1", "patients alive and followed"),
    **{f"p{p}": ("as in the column unit", f"{p}th percentile of the patients followed") for p in (5, 25, 50, 75, 95)},
}
HISTOGRAMS = {
    "arm": ("", "the arm"),
    "observable": ("", "place of the quantity among those of the courses"),
    "time": ("", "place of the day among those of the courses"),
    "bin": ("", "place of the value among equal steps of its logarithm"),
    "patients": ("1", "patients followed whose value lies there"),
}
ARMS = {
    "measure": ("", "the measure, by its name"),
    "title": ("", "its title"),
    "unit": ("", "its unit"),
    "arm": ("", "the arm that is compared with the reference arm, which is the first"),
    "reference": ("as in the column unit", "value in all patients of the reference arm"),
    "value": ("as in the column unit", "value in all patients of the arm"),
    "low": ("as in the column unit", "95 % Monte-Carlo interval of the value: its lower end"),
    "high": ("as in the column unit", "its upper end"),
    "difference": ("as in the column unit", "arm minus reference arm, in the same patients"),
    "difference_low": ("as in the column unit", "95 % Monte-Carlo interval of the difference: its lower end"),
    "difference_high": ("as in the column unit", "its upper end"),
    "trial_low": (
        "as in the column unit",
        "95 % prediction interval of the difference in a randomised trial: lower end",
    ),
    "trial_high": ("as in the column unit", "its upper end"),
    "ratio": ("1", "arm over reference arm, of measures on a logarithmic scale"),
    "ratio_low": ("1", "95 % Monte-Carlo interval of the ratio: its lower end"),
    "ratio_high": ("1", "its upper end"),
    "trial_ratio_low": ("1", "95 % prediction interval of the ratio in a randomised trial: its lower end"),
    "trial_ratio_high": ("1", "its upper end"),
    "note": ("", "why the arms are not compared"),
    "alike": ("", "whether the arm is as the reference arm"),
}

Meaning = tuple[str, str]  # unit ("" where a column has none), words


def dictionary(arm: Arm, design: Design) -> Mapping[str, Mapping[str, Meaning]]:
    """Table -> column -> (unit, meaning), of the tables that a run leaves."""
    said = {c.name: " - ".join(x for x in (c.title, c.about) if x) or c.value.text for c in arm.resolved.trial.column}
    properties = {n: c.title or n.replace("_", " ") for n, c in arm.resolved.covariates.items()}
    units = {n: (u or "") for n, u in design.units.items()}
    named = {"file_id": "what the user's file calls the patient"} if arm.resolved.own else {}
    names = dict.fromkeys([*PATIENTS, *named, *design.units])
    patients = {
        n: (units.get(n, ""), said.get(n) or properties.get(n) or PATIENTS.get(n) or named.get(n) or _event(n))
        for n in names
    }
    quantities = {p: (q.unit, q.doc) for p, q in design.model.quantities.items() if p in design.shown}
    samples = {"arm": ("", "the arm"), "patient": ("", "number of the patient"), "day": ("day", "from infusion")}
    return {
        "patients": patients,
        "events": EVENTS,
        "courses": COURSES,
        "samples": {**samples, **quantities},
        "histograms": HISTOGRAMS,
        "arms": ARMS,
    }


def _event(name: str) -> str:
    words = name.removesuffix("_day").replace("_", " ")
    return f"day of {words}; inf when it never happened" if name.endswith("_day") else words
