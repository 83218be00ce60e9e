"""Patients are a pure function of seed and id, follow their laws, and stay the same from arm to arm."""

from pathlib import Path

import numpy as np
import pytest

from livingdrug.cohort import baseline, baseline_of, draw
from livingdrug.cohort.distributions import TAIL
from livingdrug.errors import LivingDrugError, SourceError
from livingdrug.scenario import resolve

MANY = np.arange(20_000)


def write(text: str, name: str = "my.toml") -> str:
    Path(name).write_text('trial = "first"\n' + text, encoding="utf-8")
    return name


def test_a_patient_does_not_depend_on_company(folder):
    r = resolve("first")
    together, alone = draw(r, MANY[:500], 3), draw(r, [17], 3)
    backwards = draw(r, MANY[:500][::-1], 3)
    assert set(together.values) == set(alone.values)
    for path in together.values:
        assert np.array_equal(together.of(path)[17], alone.of(path)[0]), path
        assert np.array_equal(together.of(path), backwards.of(path)[::-1]), path
    assert not np.array_equal(together.of("age"), draw(r, MANY[:500], 4).of("age"))


def test_spreads_follow_their_law_and_load_on_the_latent_property(folder):
    c = draw(resolve("first"), MANY, 1)
    log = np.log(c.of("cells.growth") / 1.1)
    assert log.mean() == pytest.approx(0, abs=0.01) and log.std() == pytest.approx(np.hypot(0.3, 0.2), rel=0.02)
    assert np.corrcoef(log, c.of("fitness"))[0, 1] == pytest.approx(0.2 / np.hypot(0.3, 0.2), abs=0.02)
    taken = c.of("cells.taken")
    assert np.median(taken) == pytest.approx(0.3, abs=0.005) and 0 < taken.min() and taken.max() < 1
    assert np.log(c.of("drug.brake.clearance")).std() == pytest.approx(np.sqrt(np.log1p(0.09)), rel=0.02)
    assert isinstance(c.values["cells.room"], float)
    age, weight = c.of("age"), c.of("weight")
    assert 20 <= age.min() and age.max() <= 60 and age.mean() == pytest.approx(40, abs=0.3)
    typical = np.exp(np.interp(age, [20, 60], np.log([65, 75])))
    assert np.log(weight / typical).std() == pytest.approx(0.1, rel=0.02)


def test_nobody_is_drawn_beyond_four_standard_deviations(folder):
    z = np.abs(draw(resolve("first"), np.arange(200_000), 2).of("fitness"))
    assert TAIL - 0.5 < z.max() <= TAIL
    assert (z == z.max()).sum() == 1


def test_derived_constants_and_starts_are_there(folder):
    c = draw(resolve("first"), [1, 2], 1)
    assert np.allclose(c.of("cells.free"), 2e10 * (1 - c.of("cells.taken")))
    assert c.of("cells.number@start").tolist() == [1.0, 1.0] and c.of("cells.infusion>number")[0] == 1.0
    assert set(c.properties) == {"age", "weight", "fitness"} and c.units["weight"] == "kg"
    assert list(c.frame().columns) == list(c.properties) and len(c) == 2
    with pytest.raises(LivingDrugError, match="unknown number of a patient 'wieght'; did you mean 'weight'"):
        c.of("wieght")


def test_arms_meet_the_same_patients(folder):
    r = resolve(write('[[arm]]\nname = "a"\n[[arm]]\nname = "b"\ncells.growth = "* 0.5"\n'))
    a, b = draw(r, MANY[:100], 1, "a"), draw(r, MANY[:100], 1, r.arm("b"))
    assert np.allclose(b.of("cells.growth") / a.of("cells.growth"), 0.5)
    others = [p for p in a.values if p != "cells.growth"]
    assert all(np.array_equal(a.of(p), b.of(p)) for p in others)
    with pytest.raises(LivingDrugError, match="unknown arm 'c'"):
        draw(r, [1], 1, "c")


def test_correlated_spreads(folder):
    file = folder / "populations" / "people.toml"
    file.write_text(
        file.read_text(encoding="utf-8")
        + """
[[correlated]]
paths = ["cells.growth", "cells.taken"]
matrix = [[1, -0.6], [-0.6, 1]]
""",
        encoding="utf-8",
    )
    plain = resolve("first", {"cells.growth.variability": {"loadings": {}}})
    c = draw(plain, MANY, 1)
    x, y = np.log(c.of("cells.growth")), np.log(c.of("cells.taken") / (1 - c.of("cells.taken")))
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(-0.6, abs=0.015)
    assert x.std() == pytest.approx(0.3, rel=0.02) and y.std() == pytest.approx(0.5, rel=0.02)
    assert np.array_equal(draw(plain, [7], 1).of("cells.taken")[0], c.of("cells.taken")[7])


@pytest.mark.parametrize(
    "matrix, said",
    [
        ("[[1, 2], [2, 1]]", "contradict each other"),
        ("[[1, 0.5], [0.4, 1]]", "not symmetric"),
        ("[[1, 0.5]]", "not 2 x 2"),
        ("[[2, 0], [0, 2]]", "ones on its diagonal"),
        ('"high"', "not 2 x 2"),
    ],
)
def test_impossible_correlations(folder, matrix, said):
    file = folder / "populations" / "people.toml"
    file.write_text(
        f'{file.read_text(encoding="utf-8")}\n[[correlated]]\npaths = ["cells.growth", "cells.taken"]\n'
        f"matrix = {matrix}\n",
        encoding="utf-8",
    )
    with pytest.raises(SourceError, match=said):
        draw(resolve("first"), [1], 1)


def test_whole_parameter_sets_stay_together(folder):
    file = folder / "products" / "cellix.toml"
    file.write_text(
        file.read_text(encoding="utf-8")
        + """
[cells.room]
value = 1e10
kind = "assumed"
why = "median of the sets"
variability = { distribution = "table", table = "sets" }
[cells.taken]
value = 0.2
kind = "assumed"
why = "median of the sets"
variability = { distribution = "table", table = "sets" }
[tables.sets]
columns = ["cells.room", "cells.taken"]
rows = [[1e9, 0.1], [2e9, 0.2], [3e9, 0.3]]
weights = [1, 1, 2]
""",
        encoding="utf-8",
    )
    r = resolve("first")
    c = draw(r, MANY, 1)
    assert np.allclose(c.of("cells.room") / 1e10, c.of("cells.taken"))
    assert np.mean(c.of("cells.taken") == 0.3) == pytest.approx(0.5, abs=0.02)
    fixed = draw(resolve("first", {"cells.room": 5e9}), MANY[:9], 1)
    assert fixed.values["cells.room"] == 5e9 and len(set(fixed.of("cells.taken"))) > 1


def test_a_set_that_is_not_there(folder):
    with pytest.raises(LivingDrugError, match="unknown table of parameter sets 'nine'"):
        draw(resolve("first", {"cells.room.variability": {"distribution": "table", "table": "nine"}}), [1], 1)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"covariates.age.low": 70}, "low = 70 is not below high = 60"),
        ({"covariates.age.distribution": "gaussian"}, "unknown distribution of a covariate 'gaussian'"),
        ({"covariates.weight.given": "heigth"}, "unknown property that 'weight' depends on"),
        ({"covariates.weight.sd": -0.1}, "sd is negative"),
        ({"covariates.weight.points": [[20, 60]]}, "points are not pairs"),
        (
            {
                f"covariates.age.{k}": x
                for k, x in dict(distribution="log-normal", given="weight", at=1, power=1).items()
            }
            | {"covariates.age.value": 40},
            "circle",
        ),
        ({"covariates.fitness.unit": 1}, "is not a unit"),
        ({"cells.growth.variability.loadings": {"fittness": 1}}, "did you mean 'fitness'"),
        ({"cells.taken": 1.4}, "not between 0 and 1"),
        ({"cells.growth": 1.7e308}, "far beyond what the model is made for"),
    ],
)
def test_patients_that_cannot_be_drawn(folder, change, said):
    with pytest.raises(LivingDrugError) as caught:
        draw(resolve("first", change), MANY[:50], 1)
    assert said in caught.value.message


def test_a_share_at_its_end_stays_there(folder):
    assert set(draw(resolve("first", {"cells.taken": 0}), MANY[:50], 1).of("cells.taken")) == {0.0}


def test_a_property_the_model_needs_must_be_given(folder):
    file = folder / "populations" / "people.toml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("[covariates.weight]"), text.index("[covariates.fitness]")
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(LivingDrugError, match="asks for the patients' weight"):
        draw(resolve("first"), [1], 1)


def test_units_of_properties_are_converted(folder):
    r = resolve("first", {"covariates.weight.unit": "g"})
    assert 40 < draw(r, [1], 1).of("weight")[0] * 1000 < 120


def test_baseline_beside_the_published_one(folder):
    r = resolve("first")
    table = baseline(r, draw(r, MANY, 1))
    row = table.to_dicts()[0]
    assert row["inside"] and row["simulated"] == pytest.approx(40, abs=0.5) and row["n"] == 100
    assert row["low"] < 38 and row["high"] > 42
    assert "40" in repr(table) and "<th>published</th>" in table._repr_html_()


def test_a_share_is_in_percent_and_another_number_without_unit_is_none(folder):
    """People are 20 to 60 years old, uniformly; fitness is standard normal and has no unit."""
    said = {"above": "above = 30", "below": "below = 30", "between": "above = 30\nbelow = 50"}
    row = '[[population.baseline]]\nmeasure = "{0}"\nof = "{1}"\nstatistic = "{2}"\nvalue = {3}\n{4}\n'
    rows = [row.format(f"share {end}", "age", f"share {end}", 0.5, text) for end, text in said.items()]
    rows.append(row.format("fitness", "fitness", "median", 0.01, "low = -1\nhigh = 1\ninterval = 'range'"))
    Path("mine.toml").write_text('trial = "first"\n' + "".join(rows), encoding="utf-8")
    r = resolve("mine.toml")
    table = baseline(r, draw(r, MANY, 1))
    shares = {x.measure: x.simulated for x in table.rows if x.share}
    assert shares == pytest.approx({"share above": 0.75, "share below": 0.25, "share between": 0.5}, abs=0.02)
    lines = {line.split("  ")[0]: line for line in repr(table).splitlines()}
    assert "75 % (" in lines["share above"] and "50 % (" in lines["share between"]
    assert "%" not in lines["fitness"].replace("95 %", "") and "0.01 (range -1 to 1)" in lines["fitness"]
    for end in ("above", "below"):
        text = row.format("half", "age", "share between", 0.5, f"{end} = 30")
        Path("mine.toml").write_text(f'trial = "first"\n{text}', encoding="utf-8")
        with pytest.raises(LivingDrugError, match=f"needs '{({'above', 'below'} - {end}).pop()}'"):
            resolve("mine.toml")


def test_a_baseline_of_many_is_drawn_in_lots(folder, monkeypatch):
    import sys

    r = resolve("first")
    monkeypatch.setattr(sys.modules["livingdrug.cohort.baseline"], "TOGETHER", 7)
    assert baseline_of(r, MANY[:100], 1) == baseline(r, draw(r, MANY[:100], 1))


def test_the_real_population_matches_its_published_baseline():
    r = resolve("eliana")
    c = draw(r, MANY, 1)
    rows = baseline(r, c).to_dicts()
    assert len(rows) >= 3 and all(row["inside"] for row in rows), rows
    assert c.of("age").min() >= 3 and c.of("age").max() <= 24
    small = c.of("age") < 6
    assert 12 < np.median(c.of("weight")[small]) < 22 and 0.5 < np.median(c.of("bsa")[small]) < 0.9
    assert all(np.isfinite(c.of(p)).all() for p in c.values)
