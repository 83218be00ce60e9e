"""Makes library/registry/demo_trials.tsv: facts of the CAR-T trials of a table of registered studies, no sentences.

    python benchmarks/make_demo_trials.py TABLE.csv.gz

The table is one day's extract of ClinicalTrials.gov with the columns NCTId, BriefTitle, OverallStatus, Phase,
Conditions, Interventions, StartDate, LastUpdatePostDate, EnrollmentCount, Countries, BriefSummary, LeadSponsor,
LeadSponsorClass, SnapshotDate. Cells, target, disease and kind of sponsor are this program's own classification of it.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from pathlib import Path

from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.records.study import Intervention, Sponsor, Study
from livingdrug.registry.records.text import plain
from livingdrug.registry.reports.demo import COLUMNS, file

STATED = re.compile("autologous|allogeneic|in vivo")  # whose cells, where the record says it: nothing inferred


def study(row: dict[str, str]) -> Study:
    """A row of the table as a study, with as much text as it holds."""

    def said(name: str) -> tuple[str, ...]:
        return tuple(t for part in row[name].split("|") if (t := plain(part)))

    return Study(
        id=row["NCTId"],
        registry="ctgov",
        url="",
        title=plain(row["BriefTitle"]),
        conditions=said("Conditions"),
        interventions=tuple(map(Intervention, said("Interventions"))),
        summary=plain(row["BriefSummary"]),
        sponsors=(Sponsor(row["LeadSponsor"], "lead", row["LeadSponsorClass"] or None),),
        study_type="INTERVENTIONAL",
    )


def facts(row: dict[str, str], found: Classification) -> dict[str, str]:
    """The facts of one trial."""
    places = found.diseases.places if found.diseases else ()
    return {
        "number": row["NCTId"],
        "phase": "" if row["Phase"] == "Unknown" else row["Phase"].replace("|", "/"),
        "status": row["OverallStatus"],
        "start": row["StartDate"],
        "updated": row["LastUpdatePostDate"],
        "enrollment": row["EnrollmentCount"].removesuffix(".0"),
        "countries": "|".join(dict.fromkeys(filter(None, row["Countries"].split("|")))),
        "cells": found.platform.value,
        "origin": found.source.value if STATED.fullmatch(found.source.value) else "",
        "target": "|".join(sorted(t.value for t in found.targets)),
        "disease": "|".join(dict.fromkeys(p.name for p in places)),
        "sponsor": found.sponsor_type.value,
    }


def main(table: str) -> None:
    with gzip.open(table, "rt", encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    kept = [(row, found) for row in rows if (found := classify(study(row))).is_car]
    target = Path(str(file()))
    with target.open("w", encoding="utf-8", newline="") as made:
        made.write(f"# CAR-T trials of ClinicalTrials.gov, facts only, data of {rows[0]['SnapshotDate']}\n")
        writer = csv.DictWriter(made, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted((facts(row, found) for row, found in kept), key=lambda f: f["number"]))
    print(f"{len(kept):,} of {len(rows):,} trials -> {target}")


if __name__ == "__main__":
    main(sys.argv[1])
