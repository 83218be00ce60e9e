"""A file of the user's own patients, read cell by cell: what is taken, what is said, what is refused and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError
from livingdrug.library.located import Place, placed
from livingdrug.spec.cohort import Cohort
from livingdrug.spec.patients import OwnPatients, read_patients
from livingdrug.spec.population import Covariate
from livingdrug.spec.typed import read
from thoroughness import some

SOURCED = {"kind": "assumed", "why": "a test"}
PEOPLE = {
    name: read(Covariate, placed({**SOURCED, **words}, Place("people.toml:1")))
    for name, words in {
        "age": {"distribution": "logit-normal", "value": 11, "low": 3, "high": 24, "sd": 1.4, "unit": "year"},
        "weight": {"distribution": "log-normal", "value": 40, "sd": 0.2, "low": 8, "high": 150, "unit": "kg"},
        "female": {"distribution": "chance", "value": 0.5, "unit": "1"},
        "fitness": {"distribution": "normal", "value": 0, "sd": 1, "unit": "1"},
    }.items()
}


def taken(folder: Path, text: str, **words: object) -> OwnPatients:
    (folder / "p.csv").write_text(text, encoding="utf-8")
    return read_patients(read(Cohort, placed({"file": str(folder / "p.csv"), **words}, Place("s.toml:3"))), PEOPLE)


def test_rows_become_patients_in_the_populations_units(tmp_path: Path) -> None:
    own = taken(tmp_path, "\ufeffID;weight [g];AGE [month];female\nx1;30000;120;yes\nx2;8e4;240;0\n")
    assert list(own.ids) == ["x1", "x2"] and own.doses is None and own.size == 2
    np.testing.assert_allclose(own.values["weight"], [30, 80])
    np.testing.assert_allclose(own.values["age"], [10, 20])
    np.testing.assert_array_equal(own.values["female"], [1, 0])
    assert "age, weight, female as there" in own.notes[0] and "given these: fitness" in own.notes[0]


def test_columns_of_other_names_and_words(tmp_path: Path) -> None:
    columns = {"weight": {"column": "WT", "unit": "kg"}, "female": {"column": "SEX", "values": {"F": 1, "M": 0}}}
    own = taken(tmp_path, "WT,SEX,SITE\n30,F,a\n40,M,b\n", columns=columns, ignore=["SITE"])
    assert (
        list(own.values["weight"]) == [30, 40] and list(own.values["female"]) == [1, 0] and list(own.ids) == ["1", "2"]
    )


def test_values_that_the_population_does_not_have_are_said(tmp_path: Path) -> None:
    own = taken(tmp_path, "weight [kg],age [year]\n5,10\n40,80\n200,11\n")
    assert "weight: 2 of 3 outside the population's 17.97 to 89.02 kg (5 to 200 kg)" in own.notes
    assert "age: 1 of 3 outside the population's 3 to 24 year (80 year)" in own.notes


def test_missing_values_are_refused_or_drawn(tmp_path: Path) -> None:
    text = "weight [kg],female\n40,1\n.,NA\n"
    own = taken(tmp_path, text, missing="draw")
    assert np.isnan(own.values["weight"][1]) and np.isnan(own.values["female"][1])
    with pytest.raises(LivingDrugError, match="there is no value of 'weight'"):
        taken(tmp_path, text)


BAD = [
    ("weight [kg]\n40\n\n\nheavy\n", "'heavy' is not a number", "p.csv:5, column 'weight'"),
    ("weight [kg]\n40\n0\n", "'weight' = 0 kg cannot be", "p.csv:3, column 'weight'"),
    ("weight [kg]\n-3\n", "'weight' = -3 kg cannot be", "p.csv:2"),
    ("weight [kg]\n1_000\n", "is not a number", "p.csv:2"),
    ("ID,TIME [h],AMT,ADDL,II\n1,0,1,1000000000,24\n", "ADDL = 1e+09: too many doses", "p.csv:2, column 'ADDL'"),
    ("weight [kg]\ninf\n", "is not a number", "p.csv:2"),
    ('weight [kg];age [year]\n"40,5";3\n', "write a decimal point", "p.csv:2"),
    ("weight [kg],female\n40,maybe\n", "'maybe' is neither yes nor no", "p.csv:2, column 'female'"),
    ("ID,weight [kg]\na,40\nb,41\na,42\n", "patient 'a' stands on line 2 already", "p.csv:4, column 'ID'"),
    ("ID,weight [kg]\n,40\n", "there is no ID", "p.csv:2"),
    ("weight\n40\n", "'weight' has no unit", "p.csv:1"),
    ("weight [year]\n40\n", "year", "p.csv:1, column 'weight'"),
    ("weight [kilo]\n40\n", "kilo", "p.csv:1, column 'weight'"),
    ("wieght [kg]\n40\n", "did you mean 'weight'", "p.csv:1"),
    ("weight [kg],weight [g]\n40,1\n", "two columns are called 'weight'", "p.csv:1"),
    ("weight [kg],\n40,1\n", "column 2 has no name", "p.csv:1"),
    ("weight [kg],female\n40\n", "a row of 1 cells under 2 columns", "p.csv:2"),
    ("weight [kg]\n", "has no rows", "p.csv"),
    ("", "has no rows", "p.csv"),
]


@pytest.mark.parametrize(("text", "said", "where"), BAD)
def test_what_cannot_be_is_refused_with_file_line_and_column(text: str, said: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(LivingDrugError) as caught:
        taken(tmp_path, text)
    assert said in caught.value.message and where in caught.value.message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"columns": {"wieght": {"column": "weight"}}}, "did you mean 'weight'"),
        ({"columns": {"weight": {"column": "wieght"}}}, "did you mean 'weight'"),
        ({"ignore": ["wieght"]}, "did you mean 'weight'"),
        ({"missing": "drow"}, "did you mean 'draw'"),
        ({"colums": {}}, "did you mean 'columns'"),
        ({"file": "nowhere.csv"}, "there is no file"),
    ],
)
def test_words_that_mean_nothing(words: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(LivingDrugError, match=said):
        taken(tmp_path, "weight [kg]\n40\n", **words)


@settings(max_examples=some(60))
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "p.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    for named in ("", "weight [kg],age [year]\n"):
        (folder / "p.csv").write_bytes((named + text).encode("utf-8", "surrogatepass"))
        try:
            own = read_patients(Cohort(file=str(folder / "p.csv")), PEOPLE)
        except LivingDrugError as problem:
            assert "p.csv" in problem.message
        else:
            assert own.size >= 1 and all(len(x) == own.size for x in own.values.values())


RECORDS = "ID,TIME [h],AMT,EVID,CMT,RATE,UNIT,weight [kg]\n"


def test_dose_records(tmp_path: Path) -> None:
    own = taken(
        tmp_path,
        "ID,TIME [h],AMT,EVID,CMT,RATE,ADDL,II,UNIT,weight [kg],DV\n"
        "1,-48,30,1,2,60,1,24,mg/m2,30,.\n1,0,2e6,1,1,.,.,.,cell/kg,30,.\n1,24,.,0,.,.,.,.,.,.,33\n2,12,1e8,1,1,,,,cell,40,.\n",
        give={"1": "infusion", "2": "fludarabine"},
    )
    doses = own.doses
    assert doses is not None and list(own.ids) == ["1", "2"] and list(doses.first) == [0, 3, 4]
    np.testing.assert_allclose(doses.time, [-2, -1, 0, 0.5])
    assert doses.into == ("fludarabine", "fludarabine", "infusion", "infusion")
    assert doses.unit == ("mg/m2", "mg/m2", "cell/kg", "cell") and doses.lines == (2, 2, 3, 5)
    np.testing.assert_allclose(doses.over, [0.5 / 24, 0.5 / 24, np.nan, np.nan])
    assert list(own.values["weight"]) == [30, 40] and any("no doses" in n for n in own.notes)


@pytest.mark.parametrize(
    ("rows", "said", "where"),
    [
        ("1,0,1e8,4,,,,40\n", "resets cannot be simulated", "p.csv:2, column 'EVID'"),
        ("1,0,-1,1,,,,40\n", "never negative", "p.csv:2, column 'AMT'"),
        ("1,,1e8,1,,,,40\n", "a dose without its time", "p.csv:2, column 'TIME'"),
        ("1,0,1e8,1,,-2,,40\n", "modelled rates", "p.csv:2, column 'RATE'"),
        ("1,0,1e8,1,,,,40\n1,1,1e8,1,,,,41\n", "changes between records", "p.csv:3, column 'weight'"),
        ("1,0,1e8,1,,,,40\n2,0,1e8,1,,,,40\n1,5,1e8,1,,,,40\n", "under each other", "p.csv:4, column 'ID'"),
        ("1,soon,1e8,1,,,,40\n", "'soon' is not a number", "p.csv:2, column 'TIME'"),
    ],
)
def test_dose_records_that_cannot_be(rows: str, said: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(LivingDrugError) as caught:
        taken(tmp_path, RECORDS + rows)
    assert said in caught.value.message and where in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ID,TIME [h]\n1,0\n", "without a column AMT"),
        ("TIME [h],AMT\n0,1\n", "without a column ID"),
        ("ID,TIME,AMT\n1,0,1\n", "'TIME' has no unit"),
        ("ID,TIME [kg],AMT\n1,0,1\n", "no unit of time"),
        ("ID,TIME [h],AMT,SS\n1,0,1,1\n", "steady state"),
    ],
)
def test_dose_records_without_what_they_need(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(LivingDrugError, match=said):
        taken(tmp_path, text)
