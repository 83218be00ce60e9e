"""No patient of the library has a share or a chance outside 0 to 1, or less than none of an amount."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from livingdrug import library
from livingdrug.cohort import draw
from livingdrug.model import Param
from livingdrug.parameters import Parameter
from livingdrug.scenario import resolve
from livingdrug.scenario.resolved import Resolved
from thoroughness import some_of

MANY = 10_000
NAME, WORDS = re.compile(r"(^|_)share$"), re.compile(r"^(the |mean |largest )?(share|chance|probability|fraction)s? ")
RELATIVE = re.compile(r"share of normal\b")  # of which some have more
FARTHEST = 4.0  # standard deviations: no draw of a normal or log-normal number lies farther out


def chosen() -> dict[str, tuple[str, dict[str, str]]]:
    """One trial of each population and product of the library, and what manufactures its cells where that can be."""
    made = {name.partition("-leukaemia")[0]: name for name in library.names("manufacture")}
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for trial in library.names("trials"):
        said = library.find("trials", trial).data
        sets = {"manufacture": made[said["product"]]} if said.get("product") in made else {}
        found.setdefault(f"{said.get('population', '')}, {said.get('product', '')}", (trial, sets))
    return found


CHOSEN = chosen()


@cache
def cohort(name: str) -> Resolved:
    return resolve(*CHOSEN[name])


def shares(one: Resolved) -> Iterator[Parameter]:
    """The numbers of a model that are a share or a chance, by their name or by how their words begin."""
    model = one.model()
    for path, number in one.parameters.items():
        declared = model.declared[path]
        said = NAME.search(declared.name) or WORDS.search(declared.doc)
        if isinstance(declared, Param) and declared.unit == "1" and said and not RELATIVE.search(declared.doc):
            yield number


def test_a_number_that_is_a_share_is_found() -> None:
    paths = {x.path for x in shares(resolve("zuma-1"))} | {x.path for x in shares(resolve("karmma"))}
    assert {"tumour.resistant_share", "kinetics.engraftment", "tumour.access"} <= paths
    assert not {"b_cells.start", "rejection.power", "cytokines.il6_made"} & paths
    assert len(paths) >= 10


def test_a_share_that_differs_between_patients_is_bounded_by_its_form() -> None:
    """So that no draw, however far out, is none; a value beside it is between 0 and 1 itself."""
    for name in CHOSEN:
        for number in shares(cohort(name)):
            v = number.variability
            assert 0 <= number.value <= 1, f"{number.path} of {name}"
            if v is None or v.distribution in ("logit-normal", "table"):
                continue
            high = math.inf if v.high is None else v.high
            if v.distribution == "log-normal" and not v.loadings:
                high = min(high, number.value * math.exp(FARTHEST * v.sd))
            low = 0.0 if v.distribution == "log-normal" else v.low
            assert low is not None and low >= 0 and high <= 1, f"{number.path} of {name}"


@pytest.mark.parametrize("name", some_of(sorted(CHOSEN), 8))
def test_ten_thousand_patients_have_none_outside(name: str) -> None:
    one = cohort(name)
    patients = draw(one, range(MANY), seed=11)
    over = [x.path for x in shares(one) if np.max(patients.of(x.path)) > 1]
    assert not over
    model = one.model()
    signed = {path for path in one.parameters if "degC" in model.declared[path].unit}
    below = [path for path in one.parameters.keys() - signed if np.min(patients.of(path)) < 0]
    assert not below
    amounts = {n: c for n, c in one.covariates.items() if c.unit != "1"}
    assert not [n for n in amounts if np.min(patients.of(n)) < 0]
