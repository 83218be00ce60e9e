"""The virtual ELIANA trial in small: same patients whatever the split, paired arms, files, the JSON contract."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug.errors import ScenarioError
from livingdrug.results.result import Result
from livingdrug.trial.design import design
from livingdrug.trial.measures import measures
from livingdrug.trial.simulate import blocks, chunks, columns, dry_run
from livingdrug.units import factor

N = 60
ARMS = """
trial = "eliana"
[[arm]]
name = "as in ELIANA"
[[arm]]
name = "tocilizumab at fever"
[[arm.protocol.rule]]
name = "tocilizumab"
when = "physiology.temperature >= 38.5 degC"
[[arm]]
name = "half dose"
[arm.set]
"protocol.dose.factor" = 0.5
"""


@pytest.fixture(scope="module")
def result() -> Result:
    return livingdrug.Trial("eliana").run(patients=N, seed=5)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Result:
    file = tmp_path_factory.mktemp("arms") / "arms.toml"
    file.write_text(ARMS, encoding="utf-8")
    return livingdrug.Trial(file).run(patients=N, seed=5)


def same(a: Result, b: Result) -> None:
    for name, x in a.arm().columns.items():
        y = b.arm().columns[name]
        assert (x == y).all() if x.dtype.kind == "U" else np.array_equal(x, y, equal_nan=True), name
    assert (a.arm().courses.counts == b.arm().courses.counts).all()
    assert (a.arm().grades.counts == b.arm().grades.counts).all()
    for table in ("individual", "doses", "observations", "toxicity"):
        pd.testing.assert_frame_equal(getattr(a, table), getattr(b, table), check_exact=True)


@pytest.mark.parametrize(("block", "threads"), [(1, 1), (8, 2), (1000, 1)])
def test_the_same_patients_bitwise_for_any_split(result: Result, block: int, threads: int) -> None:
    same(result, livingdrug.Trial("eliana").run(patients=N, seed=5, block=block, threads=threads))


def test_more_patients_leave_the_first_ones_as_they_were(result: Result) -> None:
    more = livingdrug.Trial("eliana").run(patients=N + 10, seed=5)
    for name, x in result.arm().columns.items():
        y = more.arm().columns[name][:N]
        assert (x == y).all() if x.dtype.kind == "U" else np.array_equal(x, y, equal_nan=True), name


def test_arms_meet_the_same_patients(arms: Result) -> None:
    base, early, half = (arms.arm(n).columns for n in ("as in ELIANA", "tocilizumab at fever", "half dose"))
    for name in ("age", "weight", "fitness", "status", "egfr"):
        x, y = base[name], early[name]
        assert (x == y).all() if x.dtype.kind == "U" else np.array_equal(x, y, equal_nan=True)
    treated = base["infused"] > 0
    assert half["dose"][treated] == pytest.approx(base["dose"][treated] / 2)
    assert (early["tocilizumab_doses"][treated] >= 1).sum() > (base["tocilizumab_doses"][treated] >= 1).sum()
    near = np.isclose(early["cmax_true"][treated], base["cmax_true"][treated], rtol=0.25)  # no effect on expansion,
    assert near.mean() > 0.95  # but for the few whose counts a steroid, given or spared, moves


def test_patients_not_infused_stay_in_the_table(result: Result) -> None:
    frame = result.patients
    assert len(frame) == N and frame["patient"].is_unique
    lost = frame[frame["infused"] == 0]
    assert 0 < len(lost) < N / 2 and lost["status"].str.startswith("not infused: ").all()
    assert lost["cmax"].isna().all() and (frame[frame["infused"] == 1]["status"] == "infused").all()
    assert (frame["failed"].fillna(0) == 0).all()


def test_times_make_sense(result: Result) -> None:
    c = {k: x[result.arm().columns["infused"] > 0] for k, x in result.arm().columns.items()}
    assert (c["end_day"] <= 38 * 30.4375).all()
    dead = np.isfinite(c["death_day"])
    assert (
        (c["death_day"][dead] == c["end_day"][dead]).all()
        and (c["cause"][dead] != "").all()
        and (c["cause"][~dead] == "").all()
    )
    relapsed = np.isfinite(c["relapse_day"])
    assert (c["relapse_day"][relapsed] > c["remission_day"][relapsed]).all()
    given = c["tocilizumab_doses"] > 0
    assert (c["tocilizumab_day"][given] >= c["crs_onset"][given] - 0.5).all()  # onset is dated in whole days
    assert set(np.unique(c["crs_grade"])) <= {0, 1, 2, 3, 4}
    assert (c["crs"] == (c["crs_grade"] >= 1)).all()


def test_events_and_endpoints(result: Result) -> None:
    events = result.events
    assert {"arm", "patient", "day", "event", "endpoint", "days_from_start"} == set(events.columns)
    own = events[events["endpoint"].isin(["OS", "OS (censored)"])]
    assert len(own) == result.arm().counts["infused"]
    assert ((own["event"] == "death") == (own["endpoint"] == "OS")).all()


def test_the_json_contract(result: Result) -> None:
    told = json.loads(json.dumps(result.json(), allow_nan=False))
    assert {"trial", "product", "seed", "patients", "wall_s", "patients_per_s", "measures"} <= set(told)
    assert set(told["patients"]) == {"enrolled", "infused", "failed"} and told["patients"]["enrolled"] == N
    for row in told["measures"]:
        assert {"measure", "unit", "simulated", "low", "high", "published", "fitted", "verdict", "reason"} <= set(row)
        assert row["verdict"] in ("inside", "outside", "not comparable")
        for published in row["published"]:
            assert {"value", "low", "high", "n", "source", "year"} <= set(published)
    assert len({r["measure"] for r in told["measures"]}) == len(told["measures"])


def test_arms_stand_in_the_json(arms: Result) -> None:
    assert set(arms.json()["arms"]) == {"as in ELIANA", "tocilizumab at fever", "half dose"}
    assert len(arms.patients) == 3 * N


def test_what_is_saved_can_be_read_again(result: Result, tmp_path: Path) -> None:
    place = result.save(tmp_path / "run")
    assert {
        "scenario.toml",
        "resolved.json",
        "provenance.json",
        "patients.parquet",
        "events.parquet",
        "courses.parquet",
        "report.html",
    } <= {p.name for p in place.iterdir()}
    assert len(pd.read_parquet(place / "patients.parquet")) == N
    assert json.loads((place / "provenance.json").read_text())["scenario_hash"] == result.resolved.hash
    courses = pd.read_parquet(place / "courses.parquet")
    units = courses.groupby("observable")["unit"].first()
    assert (units != "").all() and units["physiology.temperature"] == "degC"
    warm = courses[courses["observable"] == "physiology.temperature"]
    assert warm["p5"].dropna().between(36.9, 43).all() and warm["p95"].max() > 38.5
    assert pd.read_parquet(place / "samples.parquet")["physiology.temperature"].dropna().between(36.9, 43).all()
    assert set(courses["observable"]) == set(result.arm().courses.names)


def test_a_table_in_files_gives_the_same_result(arms: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livingdrug.results import columns, kept

    whole = arms.save(tmp_path / "memory")
    monkeypatch.setattr(columns, "IN_MEMORY", 25)
    monkeypatch.setattr(columns, "PART", 16)
    monkeypatch.setattr(kept, "FEW_ROWS", 25)
    again = livingdrug.Trial(tmp_path / "memory" / "scenario.toml").run(patients=N, seed=5)
    assert again.arm().columns._folder and not arms.arm().columns._folder
    assert again.json()["arms"] == arms.json()["arms"]
    pd.testing.assert_frame_equal(again.patients, arms.patients, check_exact=True)
    pd.testing.assert_frame_equal(again.events, arms.events, check_exact=True)
    kept = again.save(tmp_path / "files")
    for name in ("patients", "events", "individual", "doses", "observations", "toxicity"):
        read = [pd.read_parquet(place / f"{name}.parquet") for place in (whole, kept)]
        pd.testing.assert_frame_equal(*read, check_exact=True)
        pd.testing.assert_frame_equal(read[0], getattr(arms, name), check_exact=True)


def test_events_stand_in_order_of_arm_patient_and_day(arms: Result) -> None:
    events = arms.events
    assert events.equals(events.sort_values(["arm", "patient", "day"], kind="stable", ignore_index=True))


def test_measures_are_cheap_to_ask_again(result: Result) -> None:
    resolved = result.resolved
    plan = design(resolved.arms[0])
    dry_run(resolved.arms[0], plan)  # tells the columns' units
    found = measures(resolved.trial, result.arm().columns, plan.units)
    for row in result.beside_published().rows:
        if row.measure in found:
            assert found[row.measure] == pytest.approx(row.whole, rel=0, abs=0, nan_ok=True)
    with pytest.raises(ScenarioError, match="cannot be checked here"):  # without units nothing can be checked
        measures(resolved.trial, result.arm().columns)


def test_lots_columns_and_blocks_are_the_same_patients(result: Result) -> None:
    arm = result.resolved.arms[0]
    plan = design(arm)
    whole = columns(arm, plan, N, 5, threads=1)
    for name, x in result.arm().columns.items():
        y = whole[name]
        assert (x == y).all() if x.dtype.kind == "U" else np.array_equal(x, y, equal_nan=True), name
    met, infused = [], 0
    for enrolled, table, courses in blocks(arm, plan, N, 5):
        met += list(enrolled.ids)
        assert list(table["patient"]) == list(enrolled.ids)
        assert courses.shape == (len(enrolled.infused), len(plan.times), len(plan.shown))
        infused += int(np.asarray(table["infused"])[enrolled.infused].sum())  # who died before day 0 has a course too
    assert met == list(range(N)) and infused == result.arm().counts["infused"]
    later = [table["patient"] for _, table, _ in chunks(arm, plan, N, 5, first=N - 10)]
    assert np.concatenate(later).tolist() == list(range(N - 10, N))


def test_a_trial_with_nobody_knows_every_column_and_unit(result: Result) -> None:
    arm = result.resolved.arms[0]
    plan = design(arm)
    table = dry_run(arm, plan)
    assert list(table) == list(result.arm().columns) and all(len(x) == 0 for x in table.values())
    assert plan.units["weight"] == "kg" and plan.units["relapse_day"] == plan.units["death_day"] == "day"
    copies = plan.programs.observables["assay.qpcr.copies"] or "1"
    assert plan.units["cmax"] == plan.units["copies_28"] == copies and plan.units["dose"] == "cell"
    assert factor(plan.units["auc"], f"({copies})*day") == 1.0


def test_it_prints(result: Result) -> None:
    assert "too few patients to compare" in repr(result) and "CR or CRi within 3 months" in repr(
        result.beside_published()
    )
    assert "<table" in result._repr_html_()


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ({"protocol.share.salvaged": "1.4"}, "is no share"),
        ({"protocol.dose.factor": "-1"}, "is negative"),
        ({"protocol.follow_up": "'-3 months'"}, "follow-up from day"),
        ({"scale": "'pen'"}, "did you mean 'penn'"),
    ],
)
def test_what_cannot_be_run(sets: dict[str, str], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        livingdrug.Trial("eliana", sets=sets).run(patients=2)
    assert told in str(caught.value)


def test_a_single_patient_and_one_who_is_never_infused() -> None:
    seen = set()
    for seed in range(1, 12):
        run = livingdrug.Trial("eliana", sets={"protocol.follow_up": "60 d"}).run(patients=1, seed=seed)
        seen.add(run.arm().counts["infused"])
        assert run.json()["comparable"] == 0  # one patient concludes nothing
        if seen == {0, 1}:
            break
    assert seen == {0, 1}
