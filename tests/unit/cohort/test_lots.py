"""A property that patients share: the cells of a few donors."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cohort import draw
from livingdrug.cohort.covariates import lots
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve
from livingdrug.spec.population import Lots
from thoroughness import some

SHARED = "covariates.fitness.shared"


def write(text: str) -> str:
    Path("my.toml").write_text('trial = "first"\n' + text, encoding="utf-8")
    return "my.toml"


def sharing(patients: int, number: int) -> str:
    return write(f"[population.{SHARED}]\npatients = {patients}\nlots = {number}\n")


def test_patients_of_a_trial_share_few_draws_and_trials_share_none(folder) -> None:
    fitness = draw(resolve(sharing(25, 6)), np.arange(500), 1).of("fitness").reshape(20, 25)
    found = [set(row) for row in fitness]
    assert all(1 < len(x) <= 6 for x in found) and np.mean([len(x) for x in found]) > 5.5
    assert len(set.union(*found)) == sum(map(len, found)), "no lot is of two trials"
    alone = draw(resolve("first"), np.arange(500), 1)
    assert len(set(alone.of("fitness"))) == 500
    assert np.array_equal(alone.of("age"), draw(resolve("my.toml"), np.arange(500), 1).of("age")), "no other draw moves"


def test_lots_have_the_distribution_of_the_property(folder) -> None:
    drawn = draw(resolve(sharing(10, 4)), np.arange(40_000), 1)
    fitness, whole = drawn.of("fitness"), draw(resolve("first"), np.arange(40_000), 1).of("fitness")
    assert fitness.mean() == pytest.approx(whole.mean(), abs=0.04)
    assert fitness.std() == pytest.approx(whole.std(), rel=0.03)
    # trials differ in their mean by more than by chance: one more share of 1/4 of the patients' variance
    between = fitness.reshape(-1, 10).mean(axis=1).std() / fitness.std()
    assert between == pytest.approx(np.sqrt(1 / 10 + 9 / 10 / 4), rel=0.05)


def test_a_patient_is_dealt_the_same_lot_in_any_company_and_arm(folder) -> None:
    name = sharing(7, 3)
    Path(name).write_text(
        Path(name).read_text() + '[[arm]]\nname = "a"\n[[arm]]\nname = "b"\ncells.growth = "* 0.5"\n', encoding="utf-8"
    )
    r = resolve(name)
    together = draw(r, np.arange(100), 3, "a")
    assert draw(r, [17], 3, "b").of("fitness")[0] == together.of("fitness")[17]
    assert np.array_equal(draw(r, np.arange(100)[::-1], 3, "b").of("fitness")[::-1], together.of("fitness"))


@settings(max_examples=some(30), deadline=None)
@given(patients=st.integers(1, 60), number=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_any_sharing_deals_every_lot_to_its_own_trial_alone(patients: int, number: int, seed: int) -> None:
    ids = np.arange(5 * patients)
    found = lots(Lots(patients=patients, lots=number), seed, ids, "covariate:x")
    assert np.array_equal(found // number, ids // patients)
    assert found.min() >= 0 and found.dtype.kind == "i"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (f"[population.{SHARED}]\npatients = 0\nlots = 3\n", "patients"),
        (f"[population.{SHARED}]\npatients = 5\n", "lots"),
        (f"[population.{SHARED}]\npatients = 5\nlots = 2.5\n", "lots"),
        (f"[population.{SHARED}]\npatients = 5\nlots = 2\nlot = 1\n", "lot"),
        ("[population.covariates.fitness]\nshared = 6\n", "shared"),
        ("[population.covariates.fitness]\nshared = { patients = 5, lots = true }\n", "lots"),
    ],
)
def test_what_is_no_sharing_is_refused_by_name(folder, text: str, match: str) -> None:
    with pytest.raises(LivingDrugError, match=match) as problem:
        draw(resolve(write(text)), [0], 1)
    assert "my.toml" in str(problem.value)


def test_what_is_the_same_for_all_is_not_shared(folder) -> None:
    people = folder / "populations" / "people.toml"
    text = people.read_text(encoding="utf-8").replace(
        "[covariates.age]\n", "[covariates.age]\nshared = { patients = 5, lots = 2 }\n"
    )
    people.write_text(text, encoding="utf-8")
    assert len(set(draw(resolve("first"), np.arange(50), 1).of("age"))) <= 20, "a uniform property can be shared"
    fixed = 'distribution = "fixed"\nvalue = 30\n'
    people.write_text(text.replace('distribution = "uniform"\nlow = 20\nhigh = 60\n', fixed), encoding="utf-8")
    with pytest.raises(LivingDrugError, match="a fixed distribution has no use for 'shared'"):
        draw(resolve("first"), [0], 1)
