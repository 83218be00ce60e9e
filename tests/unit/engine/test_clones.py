"""Extinction by chance against what is known exactly, within three Monte Carlo standard errors."""

import numpy as np
import pytest
from clone_models import CLONES, QUIET, WITH_INTEGRAL
from scipy import stats
from scipy.integrate import quad

from livingdrug.engine import cache
from livingdrug.engine.plan import Patients, Plan
from livingdrug.engine.run import simulate

N = 20_000
CASES = [  # founders, net growth, turnover, kill, fading of the kill, days
    (300.0, 0.16, 0.05, 0.9, 0.05, 60.0),
    (1e6, 0.16, 0.05, 1.2, 0.05, 60.0),
    (1e8, 0.10, 0.05, 1.05, 0.04, 80.0),
    (800.0, 0.05, 0.05, 0.3, 0.03, 100.0),
    (5e3, 0.20, 0.10, 0.6, 0.03, 40.0),
]


def course(model, values, n, days, step=0.25, extinction=True, program=None, **options):
    ticks = np.arange(0.0, days + 1e-9, step)
    t = len(ticks)
    plan = Plan(
        0.0,
        days,
        ticks,
        np.zeros(t, np.int64),
        np.isin(ticks, [0.0, ticks[-1]]),
        np.ones(t, bool),
        CLONES.states,
        4,
        extinction=extinction,
        **options,
    )
    patients = Patients(
        np.arange(n), {**QUIET, **values}, np.zeros((n, 0)), np.full((n, 0, 4), np.inf), np.zeros((n, 0)), 1
    )
    return simulate(model, plan, patients, program=program)


def within_three_errors(sample, expected):
    error = np.std(sample) / np.sqrt(len(sample))
    assert abs(np.mean(sample) - expected) < 3 * error, (np.mean(sample), expected, error)


@pytest.mark.parametrize("founders, growth, turnover, kill, fade, days", CASES)
def test_extinction_and_survivors(founders, growth, turnover, kill, fade, days):
    """P(extinct) = (1 - Lambda/n0)^n0, Lambda = 1/(1/n0 + Q); survivors' mean = L/(1 - P) (Kendall, rearranged)."""
    values = {
        f"tumour.{k}": x
        for k, x in dict(founders=founders, growth=growth, turnover=turnover, kill=kill, fade=fade).items()
    }
    smooth = course(
        WITH_INTEGRAL,
        {**values, "integral.turnover": turnover, "integral.kill": kill},
        1,
        days,
        extinction=False,
        program=cache.plain(WITH_INTEGRAL),
    )
    cells, q = smooth.final[0, 0], smooth.final[0, -1]
    lam = 1 / (1 / founders + q)
    p = np.exp(-lam) if founders < 1000 else (1 - lam / founders) ** founders  # a Poisson start below 1,000 cells
    out = course(CLONES, values, N, days)
    dead = out.final[:, 0] == 0
    assert 0.05 < p < 0.9995
    assert abs(dead.mean() - p) < 3 * np.sqrt(p * (1 - p) / N)
    if p < 0.99:
        within_three_errors(out.final[~dead, 0], cells / (1 - p))
    np.testing.assert_array_equal(np.isfinite(out.extinct[:, 0]), dead)


@pytest.mark.parametrize(
    "resting, awake, wake, birth, death, days",
    [(20.0, 5.0, 0.05, 0.3, 0.6, 40.0), (300.0, 0.0, 0.02, 0.2, 0.7, 60.0), (3000.0, 200.0, 0.1, 0.25, 0.5, 60.0)],
)
def test_waking_cells_are_counted(resting, awake, wake, birth, death, days):
    values = {
        f"tumour.{k}": x for k, x in dict(resting=resting, awake=awake, wake=wake, birth=birth, death=death).items()
    }
    out = course(CLONES, values, N, days)

    def lost(t):
        e = np.exp((birth - death) * t)
        return death * (e - 1) / (birth * e - death)

    one = quad(lambda s: wake * np.exp(-wake * s) * lost(days - s), 0, days, epsabs=1e-12)[0]
    p = (np.exp(-resting * (1 - one)) if resting < 1000 else one**resting) * np.exp(-awake * (1 - lost(days)))
    assert abs((out.final[:, 1:3] == 0).all(axis=1).mean() - p) < 3 * np.sqrt(p * (1 - p) / N) + 1e-12
    left, gone = np.exp(-wake * days), np.exp((birth - death) * days)
    within_three_errors(out.final[:, 1], resting * left)
    within_three_errors(out.final[:, 2], awake * gone + wake * resting * (gone - left) / (birth - death + wake))


def test_a_small_clone_starts_as_a_poisson_number():
    start = course(CLONES, {"tumour.awake": 2.5}, N, 0.25).observables[:, 0, 2]
    assert set(np.unique(start)) <= set(range(30))
    assert abs((start == 0).mean() - np.exp(-2.5)) < 3 * np.sqrt(np.exp(-2.5) / N)


def test_the_step_of_the_clock_does_not_matter():
    values = {"tumour.awake": 400.0, "tumour.birth": 0.3, "tumour.death": 0.35}
    fine, coarse = (course(CLONES, values, N, 20.0, step).final[:, 2] for step in (0.25, 10.0))
    assert stats.ks_2samp(fine, coarse).pvalue > 0.001
    within_three_errors(fine, 400 * np.exp(-1.0))


def test_a_clone_returns_to_the_equations_and_leaves_them_again():
    out = course(CLONES, {"tumour.awake": 900.0, "tumour.birth": 0.6, "tumour.death": 0.1}, 2000, 20.0)
    grown = out.final[:, 2]
    assert (grown > 50_000).all() and (grown != np.rint(grown)).all()
    within_three_errors(grown, 900 * np.exp(10.0))
    assert np.isinf(out.extinct[:, 2]).all()


def test_extinction_can_be_switched_off():
    out = course(CLONES, {"tumour.awake": 2.5, "tumour.birth": 0.1, "tumour.death": 1.1}, 3, 20.0, extinction=False)
    np.testing.assert_allclose(out.final[:, 2], 2.5 * np.exp(-20.0), atol=2e-6)
    assert np.isinf(out.extinct).all()


def test_variates_have_the_right_law():
    """Every variate by inversion: means and variances of 20,000 draws, and exact shares for small cases."""
    kernel = cache.plain(CLONES).kernel
    u = (np.arange(N) + 0.5) / N
    for name, arguments, law in [
        ("binomial", (10.0, 0.3), stats.binom(10, 0.3)),
        ("binomial", (40_000.0, 0.97), stats.binom(40_000, 0.97)),
        ("poisson", (0.2,), stats.poisson(0.2)),
        ("poisson", (700.0,), stats.poisson(700)),
        ("negative_binomial", (0.05, 0.4), stats.nbinom(0.05, 0.6)),
        ("negative_binomial", (900.0, 0.1), stats.nbinom(900, 0.9)),
    ]:
        found = np.array([getattr(kernel, name)(*arguments, x) for x in u])
        np.testing.assert_allclose(found.mean(), law.mean(), rtol=2e-3, atol=3 / N)
        np.testing.assert_allclose(found.var(), law.var(), rtol=2e-2)
        values, counts = np.unique(found, return_counts=True)
        np.testing.assert_allclose(counts / N, law.pmf(values), atol=2 / N + 1e-9)
    for name, arguments, law in [
        ("binomial", (1e12, 0.3), stats.norm(3e11, 2.1e11**0.5)),
        ("poisson", (3e10,), stats.norm(3e10, 3e10**0.5)),
        ("negative_binomial", (40.0, 1 - 1e-6), stats.gamma(40, scale=1e6)),
        ("negative_binomial", (2.0, 1 - 1e-7), stats.gamma(2, scale=1e7)),
    ]:  # too wide to be walked over
        chances = np.array([0.001, 0.05, 0.3, 0.5, 0.9, 0.999])
        found = np.array([getattr(kernel, name)(*arguments, x) for x in chances])
        np.testing.assert_allclose(found, law.ppf(chances), atol=0.1 * law.std())
        assert (found == np.rint(found)).all()
    x = np.array([1e-3, 0.5, 1.0, 7.3, 10.0, 1e5])
    from scipy.special import gammaln

    np.testing.assert_allclose([kernel.log_gamma(v) for v in x], gammaln(x), rtol=1e-13, atol=1e-13)
