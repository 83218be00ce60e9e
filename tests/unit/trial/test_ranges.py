"""How far a number may be from what it is: by its uncertainty, the ensemble of its fit, or its kind."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.parameters import KINDS, Parameter, Variability
from livingdrug.scenario import ranges as module
from livingdrug.scenario import resolve
from livingdrug.scenario.plausible import Plausible
from livingdrug.scenario.ranges import FACTORS, ranges
from thoroughness import some

OWN = resolve("eliana")


@given(
    value=st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-9),
    kind=st.sampled_from(KINDS),
    unit=st.sampled_from(["1", "1/day"]),
    sd=st.none() | st.floats(0.01, 2.0),
    law=st.sampled_from(["log-normal", "normal", "logit-normal"]),
)
@settings(max_examples=some(60))
def test_every_range_holds_its_value_and_rises(value: float, kind: str, unit: str, sd: float | None, law: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        path = "kinetics.growth"
        told = None if sd is None else Variability(law, sd)
        p = Parameter(path, value, unit, kind, uncertainty=told)
        patch.setattr(module, "plausible", lambda *_, **__: Plausible(()))
        (one,), fixed = ranges(replace(OWN, parameters={path: p}))
    assert not fixed and one.low < one.high
    places = [one.at(x) for x in np.linspace(0, 1, 9)]
    assert all(a < b for a, b in zip(places, places[1:]))
    assert math.isclose(places[0], one.low, rel_tol=1e-6, abs_tol=1e-12) and math.isclose(
        places[-1], one.high, rel_tol=1e-6
    )
    assert one.low <= value <= one.high
    if sd is None and not (unit == "1" and 0 < value < 1):
        assert math.isclose(max(one.low / value, one.high / value), FACTORS[kind], rel_tol=1e-9)
    if unit == "1" and 0 < value < 1 and (sd is None or law == "logit-normal"):
        assert 0 < one.low and one.high < 1


def test_fitted_numbers_vary_as_far_as_their_ensemble() -> None:
    found = {r.name: r for r in ranges(OWN)[0]}
    own = [r for r in found.values() if "ensemble" in r.basis]
    assert len(own) > 5 and all(r.low <= r.value <= r.high for r in own)
    changed = {r.name: r for r in ranges(resolve("eliana", {own[0].path: "* 1.1"}))[0]}
    assert "assumed" in changed[own[0].path].basis
