"""The ensemble around a fit: draws have the covariance of the slopes, each is within reach of the optimum by its true
loss, an earlier fit's ensemble moves a later one, and the file says what was drawn."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError
from livingdrug.fit.descend import End, loss
from livingdrug.fit.plausible import draws, within
from livingdrug.library.located import Place, placed
from livingdrug.spec.fit import Ensemble
from livingdrug.spec.typed import read
from thoroughness import some
from unit.ensembles import PATHS, written


def linear(slopes: np.ndarray, at: np.ndarray, shift: np.ndarray | float = 0.0):
    return lambda logs: slopes @ (logs - at) + shift


def end_of(slopes: np.ndarray, at: np.ndarray) -> End:
    return End(at, 0.0, np.zeros(len(slopes)), slopes)


@settings(max_examples=some(15))
@given(st.integers(1, 5), st.integers(0, 1000))
def test_draws_have_the_covariance_of_the_slopes_and_are_within_reach(free: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    slopes = np.vstack([generator.normal(size=(8, free)), np.eye(free)])
    at = generator.normal(size=free)
    found = list(draws(lambda k: linear(slopes, at), end_of(slopes, at), seed, 400))
    assert all(d.loss <= within(free) and d.loss == loss(linear(slopes, at)(d.values)) for d in found)
    whole = np.array([d.values - at for d in found if d.kept == 1])
    assert len(whole) > 0.8 * len(found)
    # in the directions of the slopes the draws are standard normal, cut off far out
    scores = whole @ np.linalg.cholesky(slopes.T @ slopes)
    assert np.allclose(np.cov(scores.T), np.eye(free), atol=0.35)


def test_the_same_seed_gives_the_same_sets_and_more_sets_begin_with_the_fewer() -> None:
    slopes, at = np.eye(3), np.zeros(3)
    few, many = ([d.values for d in draws(lambda k: linear(slopes, at), end_of(slopes, at), 7, n)] for n in (3, 6))
    assert np.array_equal(few, many[:3])
    other = [d.values for d in draws(lambda k: linear(slopes, at), end_of(slopes, at), 8, 3)]
    assert not np.allclose(few, other)


def test_a_draw_whose_true_loss_is_too_high_is_halved_until_it_is_not() -> None:
    slopes, at = np.eye(2), np.zeros(2)
    steep = lambda logs: 1e3 * logs  # noqa: E731  the slopes said one, the truth is a thousand
    for d in draws(lambda k: steep, end_of(slopes, at), 1, 5):
        assert d.kept < 1 and d.loss <= within(2) and d.loss == loss(steep(d.values))


def test_an_earlier_fits_ensemble_moves_the_centre_of_a_later_one() -> None:
    slopes, at = np.vstack([2 * np.eye(2), 0.1 * np.eye(2)]), np.zeros(2)
    shifts = np.array([[1.0, -1.0, 0, 0], [-1.5, 0.5, 0, 0]])
    found = list(draws(lambda k: linear(slopes, at, shifts[k % 2]), end_of(slopes, at), 3, 400))
    for number in (0, 1):
        mean = np.mean([d.values for d in found[number::2]], axis=0)
        best = np.linalg.lstsq(slopes, -shifts[number], rcond=None)[0]
        assert np.allclose(mean, best, atol=0.12) and not np.allclose(best, 0, atol=0.2)


def test_the_file_says_what_was_drawn(tmp_path) -> None:
    factors = [[1.1, 0.9, 1.0, 1.2], [0.8, 1.0, 1.3, 1.0]]
    file = written(tmp_path, factors) / "ensembles" / "eliana.toml"
    ensemble = read(Ensemble, placed(tomllib.loads(file.read_text(encoding="utf-8")), Place("x")))
    assert ensemble.fit == "eliana" and ensemble.sets.columns == PATHS and len(ensemble.losses) == 2
    assert np.allclose(np.array(ensemble.sets.rows) / ensemble.optimum, factors, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("losses = [11, 11]", "losses = [11]"), "loss"),
        (('"value",\n', "", 1), "3 entries for 4 columns"),
        (('"value"', '"valeu"', 1), "did you mean 'value'"),
        (("within", "withn"), "did you mean 'within'"),
    ],
)
def test_what_is_wrong_in_an_ensemble_is_told(tmp_path, change, said) -> None:
    text = (written(tmp_path, [[1.0] * 4] * 2) / "ensembles" / "eliana.toml").read_text(encoding="utf-8")
    wrong = text.replace(*change)
    assert wrong != text
    with pytest.raises(LivingDrugError, match=said):
        read(Ensemble, placed(tomllib.loads(wrong), Place("x")))
