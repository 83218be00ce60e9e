"""Cure by chance in Kimmel's model: the share of tumours that die out, against the formula for birth and death."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine import cache
from livingdrug.published.entry import published
from livingdrug.published.integrate import Course
from livingdrug.published.population import population
from thoroughness import some_of

DAYS, PATIENTS = 120, 120


def cured_by_formula(model) -> float:
    """(1 - 1 / (e^r(T) + integral of birth e^r))^n from n = 1,000 cells on; r is the integral of death - birth."""
    t = np.linspace(0, DAYS, 60_001)
    states = Course(model.model, model.values).solve(t, model.doses())
    car_t, tumour = (states[:, model.model.states.index(f"therapy.{n}")] for n in ("car_t", "tumour"))
    v = {p.rpartition(".")[2]: x for p, x in model.values.items()}
    counted = tumour.argmin() if tumour.min() >= 1000 else int(np.argmax(tumour < 1000))
    birth = v["tumour_growth"] + v["tumour_turnover"]
    death = (v["tumour_turnover"] + v["kill"] * car_t / (v["half_kill"] + car_t))[counted:]
    step = t[1] - t[0]
    grown = np.exp(np.concatenate([[0.0], np.cumsum(0.5 * (death[1:] + death[:-1]) - birth) * step]))
    return float((1.0 - 1.0 / (grown[-1] + birth * np.trapezoid(grown, dx=step))) ** tumour[counted])


@pytest.mark.parametrize("turnover", some_of(["0.2", "0.05"]))
def test_tumours_die_out_as_often_as_the_formula_says(turnover, monkeypatch):
    monkeypatch.setattr(cache, "load", cache.plain)  # the generated file as plain Python: no compilation
    model = published("kimmel_2021", {"tumour_turnover": turnover})
    wanted = cured_by_formula(model)
    found = population(model, PATIENTS, seed=5, days=DAYS)
    assert 0.6 < wanted < 0.9
    assert found.cured == pytest.approx(wanted, abs=3.0 * np.sqrt(wanted * (1.0 - wanted) / PATIENTS))


def test_a_fast_tumour_is_not_cured(monkeypatch):
    monkeypatch.setattr(cache, "load", cache.plain)
    assert population(published("kimmel_2021:fast"), 3, days=60).cured == 0.0
