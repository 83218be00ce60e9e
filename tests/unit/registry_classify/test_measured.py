"""What the pages tell of the classifier is what its benchmark found."""

from __future__ import annotations

import re
from pathlib import Path

from livingdrug.registry.reports.classified import HALVES, Share, measured

README = (Path(__file__).resolve().parents[3] / "benchmarks" / "classifier" / "README.md").read_text("utf-8")
LABELS = (Path(__file__).resolve().parents[3] / "benchmarks" / "classifier" / "labels.tsv").read_text("utf-8")


def test_the_shares_are_those_of_the_benchmark() -> None:
    rows = {q.name: q for q in measured().questions}
    table = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in README.splitlines() if line.startswith("| ")
    ]
    found = {r[0]: r for r in table if r[0] in rows and len(r) == 6}
    assert found.keys() == rows.keys()
    for name, (_, _, kept, full, tuned, wanted) in found.items():
        q = rows[name]
        assert [str(getattr(q, half)) for half in HALVES] == [kept, full, tuned]
        assert f"{q.wanted} %" == wanted


def test_the_counts_of_studies_are_those_of_the_labels() -> None:
    told = measured()
    assert told.studies == len([x for x in LABELS.splitlines() if re.match(r"NCT\d+\t", x)])
    assert told.kept + told.tuned == told.studies


def test_an_interval_holds_its_share() -> None:
    assert Share(0, 5).low == 0 and Share(5, 5).high == 100
    assert all(s.low < s.percent < s.high for s in (Share(1, 3), Share(50, 99)))
