"""Own patients in a trial: their properties, their doses, what is drawn for them, and a run that can be run again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug.cohort import draw
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.spec.protocol import INFUSION
from unit.cli.command import command

SHORT = {"protocol.follow_up": "60 d"}
BASELINE = "ID,weight [kg],age [year],female\nann,30,10,yes\nbob,70,17,no\ncat,22,7,1\n"
RECORDS = """ID,TIME [day],AMT,CMT,RATE,UNIT,weight [kg]
1,-4,30,fludarabine,.,mg/m2,30
1,-4,10,fludarabine,.,mg,30
1,0,2e6,infusion,.,cell/kg,30
2,0.5,1e8,infusion,4e8,cell,60
3,-4,30,fludarabine,.,mg/m2,50
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "patients.csv").write_text(BASELINE, encoding="utf-8")
    (tmp_path / "doses.csv").write_text(RECORDS, encoding="utf-8")
    return tmp_path


def test_the_rows_are_the_patients_and_all_else_is_as_it_was(files: Path) -> None:
    own, usual = resolve("eliana", {"cohort.file": "patients.csv"}), resolve("eliana")
    ids = np.arange(7)
    mine, theirs = draw(own, ids, 3), draw(usual, ids, 3)
    np.testing.assert_array_equal(mine.of("weight"), [30, 70, 22, 30, 70, 22, 30])
    np.testing.assert_array_equal(mine.of("female"), [1, 0, 1, 1, 0, 1, 1])
    for name in ("egfr", "reserve", "kinetics.room"):
        np.testing.assert_array_equal(mine.of(name), theirs.of(name))
    assert mine.of("bsa") == pytest.approx(1.8 * (mine.of("weight") / 70) ** 0.65, rel=0.2)


def test_what_hangs_on_a_known_property_is_drawn_given_it(files: Path) -> None:
    """Age given weight, although the population has weight given age: by Bayes, in whatever block."""
    (files / "w.csv").write_text("weight [kg]\n15\n60\n", encoding="utf-8")
    own = resolve("eliana", {"cohort.file": "w.csv"})
    age = draw(own, np.arange(400), 1).of("age")
    assert np.median(age[::2]) < 6 < 14 < np.median(age[1::2]) and 0.5 < age[::2].std() and 1.0 < age[1::2].std()
    np.testing.assert_array_equal(draw(own, np.arange(100, 110), 1).of("age"), age[100:110])


def test_a_run_of_own_patients_saved_loaded_and_run_again(files: Path) -> None:
    result = livingdrug.Trial("eliana", SHORT, cohort="patients.csv").run(seed=4)
    rows = result.patients
    assert list(rows["file_id"]) == ["ann", "bob", "cat"] and "patients of patients.csv" in result.title
    assert any(n.startswith("3 patients of patients.csv") for n in result.notes)
    assert any("lost before infusion by chance" in n for n in result.notes)
    folder = result.save(files / "run")
    (files / "patients.csv").unlink()
    loaded, again = livingdrug.load(folder), livingdrug.Trial(folder / "scenario.toml").run()
    for other in (loaded, again):
        pd.testing.assert_frame_equal(other.patients, rows)
    assert again.provenance["scenario_hash"] == result.provenance["scenario_hash"]
    assert "file_id" in set(result.dictionary["column"])


def test_a_table_of_pandas_and_more_patients_than_rows(files: Path) -> None:
    table = pd.read_csv("patients.csv")
    by_table = livingdrug.Trial("eliana", SHORT, cohort=table).run(patients=5, seed=4)
    by_file = livingdrug.Trial("eliana", SHORT, cohort=Path("patients.csv")).run(patients=5, seed=4)
    pd.testing.assert_frame_equal(by_table.patients, by_file.patients)
    assert list(by_file.patients["file_id"]) == ["ann", "bob", "cat", "ann", "bob"]
    assert any("rows repeat" in n for n in by_file.notes)
    few = livingdrug.Trial("eliana", SHORT, cohort=table).run(patients=2, seed=4)
    assert any(n.startswith("the first 2 of the 3") for n in few.notes)
    with pytest.raises(ScenarioError, match="is no cohort"):
        livingdrug.Trial("eliana", cohort=3)  # type: ignore[arg-type]


def test_each_patient_is_given_their_own_doses(files: Path) -> None:
    from livingdrug.trial.enrolment import enrol

    trial = livingdrug.Trial("eliana", SHORT, cohort="doses.csv")
    arm = trial.resolved.arms[0]
    design = trial.design(arm)
    enrolled = enrol(arm, design, np.arange(6), 1)
    assert (
        list(enrolled.infused) == [0, 1, 3, 4] and enrolled.status[2] == "not infused: no infusion in the dose records"
    )
    np.testing.assert_allclose(enrolled.dose, [6e7, 1e8, 6e7, 1e8])
    names = design.model.inputs
    bsa = enrolled.cohort.of("bsa")
    for place, row in ((0, 0), (1, 1), (2, 0)):
        given = [(t, names[int(i)], a, o) for t, i, a, o in enrolled.patients.doses[place] if np.isfinite(t)]
        assert [t for t, *_ in given] == sorted(t for t, *_ in given)
        cells = [(t, a, o) for t, name, a, o in given if name == design.model.infusion]
        assert cells == ([(0.0, 6e7, 0.0)] if row == 0 else [(0.5, 1e8, 0.25)])
        flu = [(t, a, o) for t, name, a, o in given if "fludarabine" in name]
        expected = [(-4.0, 30 * bsa[place], 0.5 / 24), (-4.0, 10.0, 0.5 / 24)] if row == 0 else []
        np.testing.assert_allclose(flu, expected)
        assert sum("cyclophosphamide" in name for _, name, *_ in given) == 2  # as the protocol says
    run = trial.run()
    assert any("fludarabine, infusion; as the protocol says: cyclophosphamide" in n for n in run.notes)
    assert run.patients["dose"].dropna().tolist() == pytest.approx([6e7, 1e8])


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("1,0,1e8,fludarabin,.,mg,30", "did you mean 'fludarabine'"),
        ("1,0,1e8,infusion,.,mg,30", "mg"),
        ("1,0,30,fludarabine,.,cell,30", "cell"),
        ("1,99,1e8,infusion,.,cell,30", "outside the simulated time"),
        ("1,-9,1e8,infusion,.,cell,30", "outside the simulated time"),
    ],
)
def test_doses_that_cannot_be_given_are_refused_with_their_line(record: str, said: str, files: Path) -> None:
    (files / "doses.csv").write_text(
        RECORDS.splitlines()[0] + "\n2,0,1e8,infusion,.,cell,30\n" + record, encoding="utf-8"
    )
    with pytest.raises(LivingDrugError) as caught:
        livingdrug.Trial("eliana", SHORT, cohort="doses.csv").run()
    assert said in caught.value.message and "doses.csv:3" in caught.value.message


def test_records_without_cmt_and_unit_are_infusions_in_cells(files: Path) -> None:
    (files / "doses.csv").write_text("ID,TIME [day],AMT\na,0,1e8\nb,0,2e8\n", encoding="utf-8")
    found = livingdrug.Trial("eliana", SHORT, cohort="doses.csv").run().patients
    assert found["dose"].tolist() == [1e8, 2e8] and INFUSION == "infusion"


def test_a_scenario_names_its_patients_beside_it(files: Path) -> None:
    home = files / "home"
    home.mkdir()
    (files / "patients.csv").rename(home / "p.csv")
    text = 'trial = "eliana"\n[cohort]\nfile = "p.csv"\n[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n'
    text += '[arm.set]\n"dose.factor" = 0.5\n'
    (home / "mine.toml").write_text(text, encoding="utf-8")
    result = livingdrug.Trial(home / "mine.toml", SHORT).run(seed=2)
    assert [len(result.arm(n).columns["patient"]) for n in "ab"] == [3, 3]
    assert not result.beside_published().counts()["fitted"]
    np.testing.assert_array_equal(result.arm("a").columns["weight"], result.arm("b").columns["weight"])
    again = livingdrug.load(result.save(files / "run"))
    pd.testing.assert_frame_equal(again.patients, result.patients)
    arm = text.replace('name = "b"', 'name = "b"\ncohort = { file = "q.csv" }')
    for bad in (arm, text + '"cohort.file" = "q.csv"\n'):
        (home / "bad.toml").write_text(bad, encoding="utf-8")
        with pytest.raises(ScenarioError, match="an arm cannot change 'cohort'"):
            livingdrug.Trial(home / "bad.toml")


def test_from_a_shell(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = command(capsys, "run", "eliana", "--cohort", "patients.csv", "--set", "protocol.follow_up=60 d")
    (folder,) = Path("runs").iterdir()
    assert (
        said.code == 0 and folder.name.endswith("-cohort-patients") and (folder / "cohort.csv").read_text() == BASELINE
    )
    assert "note: 3 patients of patients.csv" in said.err
    told = json.loads((folder / "measures.json").read_text())
    assert told["patients"]["enrolled"] == 3
    (files / "patients.csv").write_text(BASELINE.replace("70", "heavy"), encoding="utf-8")
    said = command(capsys, "run", "eliana", "--cohort", "patients.csv")
    assert said.code == 2 and "patients.csv:3, column 'weight'" in said.err
