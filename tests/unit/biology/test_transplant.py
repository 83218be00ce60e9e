"""A transplant in remission as a rule of care: whom it concerns, what it takes and costs, how it is counted."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livingdrug
from livingdrug.errors import LivingDrugError
from livingdrug.results.result import Result
from livingdrug.scenario import resolve
from livingdrug.scenario.numbers import assembled

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "consolidation_transplant.toml"


@given(deaths=st.floats(0.0, 0.9), fading=st.floats(1.0, 1e3))
def test_so_many_die_of_it_as_its_number_says(deaths: float, fading: float) -> None:
    """The hazard, followed to its end, leaves 1 - deaths alive, and nobody dies of it who has had none."""
    model = assembled((("transplant", "transplant"),))
    own = {**dict.fromkeys(model.parameters, 1.0), "transplant.deaths": deaths, "transplant.fading": fading}
    own |= model.constants(own)
    days = np.linspace(0.0, 60.0, 4001) * fading

    def hazard(done: float) -> np.ndarray:
        states = {"transplant.transplant_death": 0.0, "transplant.since": days, "transplant.done": done}
        return np.broadcast_to(model.evaluate({**own, **states}).derivatives["transplant.transplant_death"], days.shape)

    assert np.exp(-np.trapezoid(hazard(1.0), days)) == pytest.approx(1 - deaths, rel=1e-3)
    assert not hazard(0.0).any()


def test_a_trial_that_does_not_choose_it_has_none_of_it() -> None:
    assert "transplant" not in resolve("eliana").model().modules
    arms = resolve(EXAMPLE).arms
    assert all("transplant" in arm.resolved.model().modules for arm in arms)


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ({"share.donor": 1.4}, "share"),
        ({"share.donor": "30 d"}, "share"),
        ({"transplant.deaths": "2 d"}, "deaths"),
        ({"transplant.death": 0.1}, "transplant.deaths"),
        ({"protocol.rule.consolidation.check": "day -90"}, "simulated"),
        ({"protocol.rule.consolidation.do": {"set": "transplant.doen", "to": 1}}, "transplant.done"),
        ({"modules.transplant": "transplnt"}, "transplant"),
    ],
)
def test_what_cannot_be_is_refused(sets: dict[str, object], told: str) -> None:
    with pytest.raises(LivingDrugError, match=told):
        livingdrug.Trial("eliana", {"protocol": "consolidation-transplant", **sets}).check()


@cache
def run() -> Result:
    """Who is transplanted is cured of the leukaemia, and one in two dies of it."""
    sets = {"share.fit": 1, "share.eradicated": 1, "transplant.deaths": 0.5}
    return livingdrug.Trial(EXAMPLE, sets).run(patients=120, seed=4)


@pytest.mark.thorough
def test_less_relapse_more_early_death_and_only_in_remission() -> None:
    none, all_ = (run().arms[name].columns for name in ("no transplant", "with irradiation"))
    had = np.isfinite(np.asarray(all_["consolidation_day"], float))
    response, relapse, death = (np.asarray(all_[x], float) for x in ("response", "relapse_day", "death_day"))
    assert had.any() and not np.isfinite(np.asarray(none["consolidation_day"], float)).any()
    assert (np.asarray(all_["consolidation_day"])[had] == 91).all()
    assert np.isfinite(np.asarray(all_["remission_day"], float)[had]).all() and (relapse[had] > 91).all()
    assert np.isinf(relapse[had]).all(), "gone in all of them"
    assert np.isfinite(np.asarray(none["relapse_day"], float)[had]).mean() > 0.2
    dead = (death > 91) & (death < 550) & had
    assert 0.35 < dead.sum() / had.sum() < 0.65
    cause = all_.texts("cause")
    assert set(np.asarray(cause.words)[cause.places[dead]]) & {"transplant death"}
    still = had & (response > 0)
    assert (np.asarray(all_["last_measurable"], float)[still] <= 100).all(), "conditioning removes the cells"


@pytest.mark.thorough
def test_it_is_counted_in_the_flow_and_censors_where_asked() -> None:
    told = dict(zip([row[0] for row in run().flow().table.rows], [row[2] for row in run().flow().table.rows]))
    arm = run().arms["with irradiation"]
    many = int(np.isfinite(np.asarray(arm.columns["consolidation_day"], float)).sum())
    assert told["of them: later given stem cells of a donor"].startswith(f"{many} ")
    events = run().events[run().events.arm == "with irradiation"]
    at_it = events[events.event == "consolidation"].endpoint
    assert 0.8 * many < (at_it == "EFS (censored)").sum() <= many, "but for who had an event, or was not evaluable"
    assert not (at_it == "EFS through (censored)").any()
