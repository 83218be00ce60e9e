"""The tables beside the patients': every dose, the samples as reported, each patient's numbers, grades over time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug.care.grading import Scale
from livingdrug.engine.plan import Register
from livingdrug.engine.run import simulate
from livingdrug.results.grades import Grades
from livingdrug.results.result import Result
from livingdrug.spec.fields import expression
from livingdrug.trial import grades as graded
from livingdrug.trial.doses import _written_per
from livingdrug.trial.enrolment import enrol

N, SEED = 80, 3
TRIAL = """
trial = "eliana"
[protocol]
follow_up = "4 months"
[course]
clock = "every 6 h from day -7 to day 60, then every 7 d"
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> livingdrug.Trial:
    """The course is written whenever the scales are looked at."""
    file = tmp_path_factory.mktemp("tables") / "often.toml"
    file.write_text(TRIAL, encoding="utf-8")
    return livingdrug.Trial(file)


@pytest.fixture(scope="module")
def result(trial: livingdrug.Trial) -> Result:
    return trial.run(patients=N, seed=SEED)


def test_every_dose_of_every_patient(result: Result) -> None:
    patients = result.patients.query("infused == 1").set_index("patient")
    doses = result.doses[result.doses["patient"].isin(patients.index)]  # without who died before the infusion
    counted = doses.groupby(["patient", "what"]).size().unstack(fill_value=0)
    assert (counted["fludarabine"] == 4).all() and (counted["cyclophosphamide"] == 2).all()
    tocilizumab = counted["tocilizumab"].reindex(patients.index, fill_value=0)
    assert (tocilizumab == patients["tocilizumab_doses"]).all() and tocilizumab.max() > 1
    first = doses[doses["what"] == "tocilizumab"].groupby("patient")["day"].min()
    assert (first == patients.loc[first.index, "tocilizumab_day"]).all()
    infused = doses[doses["what"] == "infusion"].set_index("patient")
    assert (infused["amount"] == patients.loc[infused.index, "dose"]).all() and (infused["unit"] == "cell").all()
    assert (doses["day"] <= doses["patient"].map(patients["end_day"])).all()
    assert result.doses.equals(result.doses.sort_values(["patient", "day"], kind="stable"))


def test_a_dose_says_per_what_it_was_ordered(result: Result) -> None:
    doses, patients = result.doses, result.patients.set_index("patient")
    flu = doses[doses["what"] == "fludarabine"]
    assert set(flu["per"]) == {"m2"} and flu["amount_per"].to_numpy() == pytest.approx(30.0)
    light = doses["ordered_by"] == "infusion up to 50 kg"
    assert (doses["per"][light] == "kg").all() and doses["amount_per"][light].between(0.2e6, 5e6).all()
    heavy = doses[doses["ordered_by"] == "infusion above 50 kg"]
    assert len(heavy) and (heavy["per"] == "").all() and heavy["amount_per"].isna().all()
    toci = doses[doses["what"] == "tocilizumab"]
    wanted = np.where(patients.loc[toci["patient"], "weight"] < 30, 12.0, 8.0)
    capped = toci["amount"].to_numpy() >= 800
    assert toci["amount_per"].to_numpy()[~capped] == pytest.approx(wanted[~capped])


@pytest.mark.parametrize(
    ("amount", "per"),
    [
        ("8 mg/kg", "kg"),
        ("30 mg/m2", "m2"),
        ("100 mg", ""),
        ("3.3e6 cell/kg * dose.factor", "kg"),
        ("12 mg/kg if weight < 30 kg else 8 mg/kg", "kg"),
        ("12 mg/kg if weight < 30 kg else 400 mg", ""),
        ("max(2 mg/kg, 50 mg)", ""),
        ("min(2 mg/kg, 3 mg/kg)", "kg"),
        ("2 mg/kg + 10 mg", ""),
        ("2 mg/kg + 10 mg/m2", ""),
    ],
)
def test_per_what_an_amount_is_written(amount: str, per: str) -> None:
    assert _written_per(expression(amount).node) == per


def test_the_dead_are_given_nothing(trial: livingdrug.Trial) -> None:
    deadly = livingdrug.Trial("eliana", {"outcome.leukaemic_rate": "* 20"}).run(patients=150, seed=2)
    ends = deadly.patients.set_index("patient")["death_day"]
    assert (ends < 0).any()
    assert (deadly.doses["day"] <= deadly.doses["patient"].map(ends)).all()
    early = deadly.doses["patient"].map(ends) < 0
    assert early.any() and "infusion" not in set(deadly.doses["what"][early])


def test_samples_as_the_assay_reports_them(result: Result) -> None:
    seen, patients = result.observations, result.patients.query("infused == 1").set_index("patient")
    assert set(seen["unit"]) == {"copy/ug"} and set(seen["below_limit"]) == {0, 1}
    below = seen["below_limit"] == 1
    assert seen["value"][below].isna().all() and (seen["value"][~below] >= seen["limit"][~below]).all()
    late = seen[seen["day"] >= 1.5].groupby("patient")["value"].max().reindex(patients.index)
    np.testing.assert_array_equal(late, patients["cmax"])  # the table of patients is read off the same samples
    assert (seen["day"] <= seen["patient"].map(patients["end_day"])).all()


def test_the_numbers_of_each_patient(trial: livingdrug.Trial, result: Result) -> None:
    arm = trial.resolved.arms[0]
    cohort = enrol(arm, trial.design(arm), np.arange(N), SEED).cohort
    table = result.individual.set_index("patient")
    assert list(table.index) == list(cohort.ids)
    for name in ("kinetics.growth", "tumour.positive@start", "drug.tocilizumab.clearance"):
        np.testing.assert_array_equal(table[name], cohort.of(name))
    varying = {p for p, x in cohort.values.items() if len(np.unique(x)) > 1} - set(cohort.properties)
    assert varying <= set(table.columns)
    units = result.dictionary.query("table == 'individual'").set_index("column")["unit"]
    assert units["kinetics.growth"] == "1/day" and units["tumour.positive@start"] == "cell"


def test_grades_over_time_are_those_that_the_rules_saw(trial: livingdrug.Trial, result: Result) -> None:
    """At every look the grade is read off the course; its highest, first and last are what the engine remembered."""
    arm = trial.resolved.arms[0]
    design = trial.design(arm)
    enrolled = enrol(arm, design, np.arange(N), SEED)
    output = simulate(design.model, design.plan, enrolled.patients, 1)
    over_time = graded.over_time(design, enrolled, slice(0, len(enrolled.infused)), output)
    times = design.times[design.graded_at]
    for s, scale in enumerate(design.scales):
        looked = output.ended >= 0.0
        registers = output.registers[looked, design.programs.watches[f"{scale.name}.grade"]]
        np.testing.assert_array_equal(np.nanmax(over_time[looked, :, s], axis=1), registers[:, Register.PEAK])
        any_ = over_time[looked, :, s] >= 1
        first = np.where(any_.any(axis=1), times[any_.argmax(axis=1)], np.inf)
        np.testing.assert_array_equal(first, registers[:, Register.FIRST])
    toxicity = result.toxicity
    worst = toxicity[toxicity["scale"] == "penn"].set_index("patient")["grade"]
    patients = result.patients.query("infused == 1").set_index("patient")
    np.testing.assert_array_equal(worst.reindex(patients.index, fill_value=0.0), patients["crs_grade"])
    own = result.grades.query("scale == 'penn.grade'")
    assert (own.groupby("day")["patients"].sum() == own.groupby("day")["followed"].first()).all()
    share = result.courses["penn.grade"].sel(time=5.0).values[0]
    on_day = over_time[looked, np.searchsorted(times, 5.0), 0]
    np.testing.assert_allclose(share, [np.mean(on_day == g) for g in range(6)])
    kept = result.arm().samples()
    one = kept[kept["patient"] == kept["patient"].iloc[0]].set_index("day")["penn.grade"].dropna()
    np.testing.assert_array_equal(one, over_time[0][~np.isnan(over_time[0, :, 0]), 0])


def test_a_scale_that_asks_what_was_before_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("lasting")
    (home / "library" / "scales").mkdir(parents=True)
    (home / "library" / "scales" / "lasting.toml").write_text(
        'title = "A scale of fever that lasts"\n[meanings]\nfever = "physiology.temperature >= 38.0 degC"\n'
        '[entry]\nwhen = "fever"\n[[grade]]\ngrade = 1\nwhen = "fever"\nkind = "assumed"\nwhy = "a test"\n'
        '[[grade]]\ngrade = 2\nwhen = "given(tocilizumab) > 0"\nkind = "assumed"\nwhy = "a test"\n',
        encoding="utf-8",
    )
    (home / "mine.toml").write_text('trial = "eliana"\nalso_graded = ["lasting"]\n', encoding="utf-8")
    trial = livingdrug.Trial(home / "mine.toml")
    design = trial.design(trial.resolved.arms[0])
    assert isinstance(design.scales[-1], Scale) and graded.grades(design).names == ("penn.grade",)
    assert graded.unread(design) == [
        "A scale of fever that lasts: grades over time are not kept, because its grades ask what happened before"
    ]


def test_grades_add_up_however_they_are_split() -> None:
    values = np.random.default_rng(1).integers(0, 5, (70, 3, 2)).astype(float)
    values[40:, 2] = np.nan
    whole, merged = (Grades.empty(np.arange(3.0), {"a": "", "b": ""}) for _ in range(2))
    whole.add(np.arange(70), values)
    for part in (slice(30, 70), slice(0, 30)):
        piece = Grades.empty(np.arange(3.0), {"a": "", "b": ""})
        piece.add(np.arange(70)[part], values[part])
        merged.merge(piece)
    np.testing.assert_array_equal(whole.counts, merged.counts)
    assert list(whole.samples) == list(merged.samples) == list(range(24))
    assert whole.followed()[:, 0].tolist() == [70, 70, 40]
    again = Grades.empty(np.arange(3.0), {"a": "", "b": ""})
    again.fill(whole.frame(), pd.DataFrame())
    np.testing.assert_array_equal(again.counts, whole.counts)


@pytest.mark.parametrize("order", [["a", "b", "c"], ["c", "a", "b"], ["a", "c"], ["b"]])
def test_arms_with_other_columns_or_another_order_are_written_alike(order: list[str]) -> None:
    frames = {
        "one": pd.DataFrame([[1.0, 2.0]], columns=["a", "b"]),
        "two": pd.DataFrame([range(len(order))], columns=order),
    }
    parts = list(Result.alike(SimpleNamespace(arms={k: k for k in frames}), lambda arm: iter([frames[arm]])))  # type: ignore[arg-type]
    assert list(parts[0].columns) == list(parts[1].columns)
    assert set(parts[0].columns) == {"a", "b", *order}
    assert parts[1][order].equals(frames["two"])
