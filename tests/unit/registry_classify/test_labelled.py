"""The classifier on the labelled studies, where their records are at hand.

All of them: `LIVINGDRUG_LABELLED=FILE[:FILE]`, a mirror or files of JSON lines (`bench_classifier.py --queries`
tells how to fetch them).
Those that stand among the shared full records are judged whenever these are there.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import bench_classifier as bench
import pytest

from emulator.shared import V2, needs_shared, rows
from livingdrug.registry.records.read import read

FILES = [Path(name) for name in os.environ.get("LIVINGDRUG_LABELLED", "").split(os.pathsep) if name]
AIMS = {"precision": 0.95, "recall": 0.97, "target": 0.92, "cells": 0.92, "disease": 0.95}
"""of the kept half"""
FEWEST = 200
"""Studies of a half that are needed for the figures to say something"""


@cache
def given() -> list[bench.Judged]:
    return bench.judged(bench.labels(), bench.studies_of(FILES))


@pytest.mark.skipif(not FILES, reason="LIVINGDRUG_LABELLED names no records of the labelled studies")
@pytest.mark.parametrize("half", [bench.TUNED, bench.KEPT])
@pytest.mark.parametrize("question", list(AIMS))
def test_what_is_aimed_at_is_reached(half: str, question: str) -> None:
    these = [j for j in given() if j.label.half == half]
    if len(these) < FEWEST:
        pytest.skip(f"{len(these)} records of the {half} half are at hand, {FEWEST} needed")
    right, asked = bench.counts(these)[question]
    assert right / asked >= AIMS[question], bench.shown(right, asked)


@needs_shared
def test_the_shared_full_records() -> None:
    """62 labelled studies stand among them in full, 27 of them CAR therapies: none missed, none taken for one."""
    numbers = {label.number for label in bench.labels() if label.text == "full, 2026"}
    studies = (study for name in V2 if name.endswith(".jsonl.gz") for study in map(read, rows(name)))
    these = bench.judged(bench.labels(), (study for study in studies if study.id in numbers))
    assert len(these) == len(numbers) >= 60
    for question, (right, asked) in bench.counts(these).items():
        may_differ = 0 if question in ("precision", "recall") else 3
        assert asked - right <= may_differ, (question, bench.shown(right, asked))
