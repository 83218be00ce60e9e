"""The classifier against records judged by reading: precision, recall, target, cells and disease, with intervals.

    python benchmarks/bench_classifier.py --queries              # how to fetch the records by their numbers
    python benchmarks/bench_classifier.py trials.sqlite          # a mirror, or files of JSON lines
    python benchmarks/bench_classifier.py trials.sqlite --errors # and what differs in the half that rules were tuned on

The labels are benchmarks/classifier/labels.tsv; README.md beside it says how they were made. The texts are not kept.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.classify.passages import passages_of
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.read import read
from livingdrug.registry.records.study import Study
from livingdrug.registry.reports.classified import wilson
from livingdrug.registry.search.document import may_be_car

LABELS = Path(__file__).parent / "classifier" / "labels.tsv"
TUNED, KEPT = "tuned", "kept"
NOT_STATED = "not stated"
QUESTIONS = ("target", "cells", "disease")
"""what is asked of a CAR therapy that was found"""


@dataclass(frozen=True)
class Label:
    """What a reader says of one study; the answers after `car` are empty where it is no CAR therapy."""

    number: str
    text: str
    """which text of the study was read"""
    car: bool
    target: str = ""
    source: str = ""
    cells: str = ""
    disease: frozenset[str] = frozenset()
    """groups of the disease tree (a branch where no group is named)"""

    @property
    def half(self) -> str:
        """The half a study belongs to, by its number alone: rules are tuned on one, figures are of the other."""
        return TUNED if hashlib.sha256(self.number.encode()).digest()[0] % 2 == 0 else KEPT


def labels(file: Path = LABELS) -> list[Label]:
    """The judged studies."""
    with file.open(encoding="utf-8", newline="") as text:
        return [
            Label(
                row["number"], row["text read"], row["car"] == "yes", row["target"], row["source"], row["cells"],
                frozenset(filter(None, row["disease"].split("+"))),
            )
            for row in csv.DictReader(text, delimiter="\t")
        ]  # fmt: skip


def answers(said: Classification) -> dict[str, object]:
    """The answers in the form of the labels: one that nothing in the record supports is `not stated`."""
    source = NOT_STATED if said.source.confidence == "inferred" and not said.source.place else said.source.value
    places = said.diseases.places if said.diseases else ()
    return {
        "target": said.target,
        "cells": (source, said.platform.value),
        "disease": frozenset(p.group or p.branch for p in places),
    }


def right(label: Label, said: Classification) -> dict[str, bool]:
    """Which questions about a CAR therapy are answered as the reader answers them, exactly."""
    found = answers(said)
    wanted = {"target": label.target, "cells": (label.source, label.cells), "disease": label.disease}
    return {question: found[question] == wanted[question] for question in QUESTIONS}


@dataclass(frozen=True)
class Judged:
    """One labelled study and what the classifier says of it."""

    label: Label
    said: Classification


def judged(wanted: Iterable[Label], studies: Iterable[Study]) -> list[Judged]:
    """The labelled studies among those given, classified as a mirror's index does."""
    by_number = {label.number: label for label in wanted}
    found = {}
    for study in studies:
        if (label := by_number.get(study.id)) and study.id not in found:
            words = passages_of(study)
            found[study.id] = Judged(label, classify(words, closely=may_be_car(words)))
    return [found[number] for number in by_number if number in found]


def counts(these: list[Judged]) -> dict[str, tuple[int, int]]:
    """Question -> (right, asked): precision of those found, recall of those there are, then of the ones found."""
    found = [j for j in these if j.said.is_car]
    true = [j for j in found if j.label.car]
    table = {"precision": (len(true), len(found)), "recall": (len(true), sum(j.label.car for j in these))}
    marks = [right(j.label, j.said) for j in true]
    return table | {question: (sum(m[question] for m in marks), len(marks)) for question in QUESTIONS}


def studies_of(files: Iterable[Path]) -> Iterator[Study]:
    """The studies of mirrors (.sqlite) and of files with one JSON record a line."""
    for file in files:
        if file.suffix == ".sqlite":
            yield from Store(file).readings()
        else:
            for line in file.read_text("utf-8").splitlines():
                yield read(json.loads(line))


def shown(right_: int, all_: int) -> str:
    """`95 of 100, 95.0 % (88.8-97.8)`"""
    if not all_:
        return "none"
    low, high = wilson(right_, all_)
    return f"{right_} of {all_}, {100 * right_ / all_:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def queries(numbers: list[str], at_once: int = 60) -> Iterator[str]:
    """Commands that fetch these studies into a mirror."""
    for n in range(0, len(numbers), at_once):
        asked = " OR ".join(numbers[n : n + at_once])
        yield f"livingdrug trials sync --registry ctgov --db trials.sqlite --query {shlex.quote(asked)}"


def differences(these: list[Judged]) -> Iterator[str]:
    """What the classifier says otherwise than the reader, a line each."""
    for j in these:
        if j.label.car != j.said.is_car:
            kind = j.said.kind
            said = f"{kind.value} ({kind.confidence}): {kind.rule} | {kind.evidence}"
            yield f"{j.label.number} car {j.label.car}; said {said}"
        elif j.label.car:
            found = answers(j.said)
            for question in (q for q, ok in right(j.label, j.said).items() if not ok):
                wanted = (j.label.source, j.label.cells) if question == "cells" else getattr(j.label, question)
                show = [sorted(v) if isinstance(v, frozenset) else v for v in (wanted, found[question])]
                yield f"{j.label.number} {question} {show[0]}; said {show[1]}"


def main(arguments: list[str] | None = None) -> int:
    """Prints a table of figures; 2 where no record of the labelled studies is given."""
    parser = argparse.ArgumentParser(description="Classifier figures on records judged by reading.")
    parser.add_argument("records", nargs="*", type=Path, help="a mirror (.sqlite) or files of JSON lines")
    parser.add_argument("--queries", action="store_true", help="print the commands that fetch the records")
    parser.add_argument("--errors", action="store_true", help="list what differs in the half that rules were tuned on")
    given = parser.parse_args(arguments)
    if given.queries:
        print("\n".join(queries([label.number for label in labels()])))
        return 0
    these = judged(labels(), studies_of(given.records))
    if not these:
        print("no record of a labelled study given; --queries prints how to fetch them", file=sys.stderr)
        return 2
    print(f"{len(these)} of {len(labels())} labelled studies at hand\n")
    groups = {half: [j for j in these if j.label.half == half] for half in (KEPT, TUNED)}
    groups["kept, full records"] = [j for j in groups[KEPT] if j.label.text.startswith("full")]
    for name, group in groups.items():
        print(f"{name}: {len(group)} studies, {sum(j.label.car for j in group)} of them CAR therapies")
        for question, (ok, asked) in counts(group).items():
            print(f"  {question:<10} {shown(ok, asked)}")
    if given.errors:
        print("", *differences(groups[TUNED]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
