"""What was exported is read back by other programs: the same values, no row lost, nothing infinite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug.errors import ScenarioError
from livingdrug.export import FORMATS
from livingdrug.export.adam import DATE, TEXT, Dataset, datasets, study_day
from livingdrug.export.naming import code, plain
from livingdrug.results.result import Result
from thoroughness import some_of

N = 60
ARMS = """
trial = "eliana"
[[arm]]
name = "as it is"
[[arm]]
name = "half dose, naïve µ"
[arm.set]
"protocol.dose.factor" = 0.5
"""
MEMBERS = ("adsl", "adtte", "adae", "adex", "adlb")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("exports")
    (home / "arms.toml").write_text(ARMS, encoding="utf-8")
    livingdrug.Trial(home / "arms.toml").run(patients=N, seed=5).save(home / "run")
    return home / "run"


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return livingdrug.load(folder)


@pytest.fixture(scope="module")
def analysis(result: Result) -> dict[str, Dataset]:
    return {d.name.lower(): d for d in datasets(result)}


def read_csv(path: Path, **how: Any) -> pd.DataFrame:
    """A CSV file with every number as it was written; by default pandas is off in the last digit."""
    return pd.read_csv(path, float_precision="round_trip", **how)


def exported(result: Result, to: str, place: Path) -> Path:
    """The folder of an export, with its mark."""
    result.export(to, place)
    assert json.loads((place / "export.json").read_text(encoding="utf-8"))["format"] == to
    return place


# --- ADaM -------------------------------------------------------------------------------------------------------------


def test_adam_says_what_the_run_says(result: Result, analysis: dict[str, Dataset]) -> None:
    adsl, adtte, adex = (analysis[name].frame for name in ("adsl", "adtte", "adex"))
    assert adsl["USUBJID"].is_unique and len(adsl) == 2 * N
    for name in ("adtte", "adae", "adex", "adlb"):
        assert set(analysis[name].frame["USUBJID"]) <= set(adsl["USUBJID"])
    patients = result.patients
    np.testing.assert_array_equal(adsl["DTHFL"] == "Y", np.isfinite(patients["death_day"]))
    np.testing.assert_array_equal(adsl["DTHDAY"].isna(), ~np.isfinite(patients["death_day"]))
    np.testing.assert_array_equal(adsl["AGE"], patients["age"])
    for name, arm in result.arms.items():
        own = adtte[adtte["USUBJID"].isin(adsl["USUBJID"][patients["arm"] == name])]
        for end in arm.endpoints.values():
            rows = own[own["PARAM"] == f"{end.title} (days)"]
            known = ~np.isnan(end.time)
            np.testing.assert_array_equal(rows["AVAL"], end.time[known])
            np.testing.assert_array_equal(rows["CNSR"], np.where(end.event[known], 0, 1))
    assert len(adex) == len(result.doses) and adex["EXDOSE"].sum() == result.doses["amount"].sum()
    own = analysis["adae"].frame.query("ANL01FL == 'Y'")
    assert own["USUBJID"].is_unique and len(own) == int((patients["crs_grade"] > 0).sum())
    below = analysis["adlb"].frame.query("BLQFL == 'Y'")
    assert len(below) and below["AVAL"].isna().all() and (below["AVALC"] == "<50").all()


def test_a_study_has_no_day_0() -> None:
    assert study_day([-1.0, -0.25, 0.0, 0.99, 1.0]).tolist() == [-1.0, -1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize("name", MEMBERS)
def test_old_formats_can_hold_it(analysis: dict[str, Dataset], name: str) -> None:
    data = analysis[name]
    assert len({v.name for v in data.variables}) == len(data.variables)
    for v in data.variables:
        assert 1 <= len(v.name) <= 8 and v.name.isalnum() and v.name == v.name.upper() and v.name[0].isalpha()
        assert 1 <= len(v.label) <= 40 and v.label.isascii()
        if v.kind == TEXT:
            assert data.frame[v.name].map(lambda x: isinstance(x, str) and x.isascii() and len(x) <= 200).all()
        else:
            assert not np.isinf(data.frame[v.name]).any()
    if "PARAMCD" in data.frame:
        assert data.frame.groupby("PARAMCD")["PARAM"].nunique().eq(1).all()
        assert data.frame["PARAMCD"].str.len().le(8).all()
    assert data.variables[-1].kind != TEXT
    assert sum(data.frame[v.name].str.len().max() if v.kind == TEXT else 8 for v in data.variables) > 80


@pytest.fixture(scope="module")
def xpt(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pyreadstat", reason="pyreadstat is not installed (livingdrug[export])")
    return exported(result, "xpt", tmp_path_factory.mktemp("xpt") / "xpt")


@pytest.mark.parametrize("name", MEMBERS)
def test_sas_files_by_pyreadstat(xpt: Path, analysis: dict[str, Dataset], name: str) -> None:
    import pyreadstat

    data = analysis[name]
    found, about = pyreadstat.read_xport(str(xpt / f"{name}.xpt"), disable_datetime_conversion=True)
    assert about.table_name == data.name and about.file_label == data.label
    assert about.column_names_to_labels == {v.name: v.label for v in data.variables}
    for v in data.variables:
        if v.kind == TEXT:
            assert (found[v.name] == data.frame[v.name]).all(), v.name
        else:
            np.testing.assert_allclose(found[v.name], data.frame[v.name], rtol=1e-15, err_msg=v.name)
        assert (about.original_variable_types[v.name] == "DATE9") == (v.kind == DATE), v.name
    dated, _ = pyreadstat.read_xport(str(xpt / f"{name}.xpt"))
    began = dated["TRTSDT"].dropna()
    assert {str(day) for day in began} == {"2000-01-01"}


@pytest.mark.parametrize("name", MEMBERS)
def test_sas_files_by_pandas_but_for_its_zeros(xpt: Path, analysis: dict[str, Dataset], name: str) -> None:
    """pandas reads each zero as 5.4e-79, and may lose the last row of a file that ends in blanks: ours do not."""
    data = analysis[name]
    found = pd.read_sas(xpt / f"{name}.xpt", format="xport", encoding="ascii")
    assert len(found) == len(data.frame)
    numbers = [v.name for v in data.variables if v.kind != TEXT]
    np.testing.assert_allclose(found[numbers], data.frame[numbers], rtol=1e-15, atol=1e-70)


def test_sas_files_are_of_version_5_with_one_member(xpt: Path) -> None:
    for name in MEMBERS:
        raw = (xpt / f"{name}.xpt").read_bytes()
        assert raw.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!") and b"LIBV8" not in raw
        assert raw.count(b"HEADER RECORD*******MEMBER  HEADER RECORD") == 1 and len(raw) % 80 == 0


def test_adam_as_csv(result: Result, analysis: dict[str, Dataset], tmp_path: Path) -> None:
    place = exported(result, "adam", tmp_path / "adam")
    for name in MEMBERS:
        data = analysis[name]
        found = read_csv(place / f"{name}.csv", dtype={"SUBJID": str, "AETOXGR": str}, keep_default_na=False,
                            na_values={v.name: [""] for v in data.variables if v.kind != TEXT})  # fmt: skip
        assert "inf" not in (place / f"{name}.csv").read_text(encoding="utf-8").split(",")
        for v in data.variables:
            if v.kind == TEXT:
                assert (found[v.name] == data.frame[v.name]).all(), v.name
            elif v.kind == DATE:
                days = (pd.to_datetime(found[v.name]) - pd.Timestamp("1960-01-01")) / pd.Timedelta(days=1)
                np.testing.assert_array_equal(days, data.frame[v.name])
            else:
                np.testing.assert_array_equal(found[v.name].astype(float), data.frame[v.name])
    said = read_csv(place / "variables.csv")
    assert len(said) == sum(len(d.variables) for d in analysis.values())


# --- event rows -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nonmem(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(result, "nonmem", tmp_path_factory.mktemp("nonmem") / "nonmem")


def test_event_rows_are_what_nonmem_asks_for(result: Result, nonmem: Path) -> None:
    text = (nonmem / "events.csv").read_text(encoding="utf-8")
    rows = read_csv(nonmem / "events.csv", na_values=["."])
    assert {"ID", "TIME", "DV", "AMT", "EVID", "CMT", "BLQ"} <= set(rows.columns)
    assert "inf" not in text.lower() and all(c.isalnum() and len(c) <= 20 for c in rows.columns)
    assert (rows["ID"].diff().fillna(1).isin([0, 1])).all()  # each patient's rows stand together, numbered from 1
    within = rows.groupby("ID")
    assert (within["TIME"].diff().fillna(0) >= 0).all() and (rows["TIME"] >= 0).all()
    dose = rows["EVID"] == 1
    assert set(rows["EVID"]) == {0, 1} and (rows["AMT"] > 0).equals(dose)
    assert rows["DV"].isna().equals(dose) and rows.drop(columns="DV").notna().all(axis=None)
    same = within["TIME"].diff() == 0
    assert not (same & ~dose & within["EVID"].shift().eq(1)).any()  # a sample stands before a dose at its time
    below = rows["BLQ"] == 1
    assert below.any() and (rows["DV"][below] == rows["LLOQ"][below]).all() and not (below & dose).any()
    assert (rows["MDV"] == (dose | below)).all()
    compartments = read_csv(nonmem / "compartments.csv").set_index("CMT")
    kinds = rows["CMT"].map(compartments["kind"])
    assert (kinds == np.where(dose, "dose", "sample")).all()
    head = (nonmem / "events.ctl").read_text(encoding="utf-8")
    assert f"$INPUT {' '.join(rows.columns)}\n" in head and "$DATA events.csv IGNORE=@" in head
    said = read_csv(nonmem / "columns.csv")
    assert list(said["column"]) == list(rows.columns) or set(said["column"]) == set(rows.columns)

    doses = result.doses
    assert dose.sum() == len(doses) and rows["AMT"].sum() == pytest.approx(doses["amount"].sum())
    over = doses["duration"] > 0
    np.testing.assert_allclose(
        np.sort(rows["RATE"][dose & (rows["RATE"] > 0)]), np.sort((doses["amount"] / doses["duration"])[over])
    )
    seen = result.observations
    assert (~dose).sum() == len(seen)
    np.testing.assert_array_equal(np.sort(rows["DV"][~dose & ~below]), np.sort(seen["value"].dropna()))
    first = rows.groupby("ID").first()
    weights = result.patients.set_index(["arm", "patient"])["weight"]
    arms = dict(enumerate(result.arms, 1))
    wanted = [weights[arms[a], p] for a, p in zip(first["ARM"], first["PATIENT"])]
    known = np.isfinite(wanted)  # who died before day 0 is not infused, and stands in the table without properties
    np.testing.assert_array_equal(first["WEIGHT"][known], np.asarray(wanted)[known])
    assert known.mean() > 0.9


def test_event_rows_by_pharmpy(nonmem: Path) -> None:
    """A reader of its own right takes the file as it stands: the head, with a model of nothing behind it."""
    modeling = pytest.importorskip("pharmpy.modeling", reason="pharmpy-core is not installed (it is heavy)")
    head = (nonmem / "events.ctl").read_text(encoding="utf-8")
    model = "$PRED\nY = THETA(1) + ERR(1)\n$THETA 1\n$SIGMA 1\n$ESTIMATION METHOD=1\n"
    (nonmem / "run.mod").write_text(head + model, encoding="utf-8")
    read = modeling.read_model(nonmem / "run.mod")
    rows = read_csv(nonmem / "events.csv", na_values=["."])
    assert len(read.dataset) == len(rows) and set(read.dataset.columns) == set(rows.columns)
    for name in ("TIME", "AMT", "EVID", "CMT", "BLQ"):
        np.testing.assert_allclose(np.sort(read.dataset[name].astype(float)), np.sort(rows[name]))


# --- netCDF and CSV ---------------------------------------------------------------------------------------------------


def test_courses_go_round_through_netcdf(result: Result, tmp_path: Path) -> None:
    import xarray as xr

    place = exported(result, "xarray", tmp_path / "xarray")
    with xr.open_dataset(place / "courses.nc", engine="scipy") as found:
        wanted = result.courses
        assert set(found.data_vars) == set(wanted.data_vars) and list(found["arm"].values) == list(result.arms)
        for name in wanted.data_vars:
            assert found[name].dims == wanted[name].dims and found[name].attrs == wanted[name].attrs
            np.testing.assert_array_equal(found[name].values, wanted[name].values)
        for name in ("time", "quantile", "grade"):
            np.testing.assert_array_equal(found[name].values, wanted[name].values)
            assert found[name].attrs == wanted[name].attrs
        assert not any(np.isinf(found[name]).any() for name in found.data_vars)


def test_every_table_as_csv(result: Result, tmp_path: Path) -> None:
    place = exported(result, "csv", tmp_path / "csv")
    said = read_csv(place / "columns.csv", keep_default_na=False)
    assert (said["meaning"] != "").all() and ("arms" in set(said["table"])) == (len(result.arms) > 1)
    for table in set(said["table"]):
        found = read_csv(place / f"{table}.csv", low_memory=False)
        assert set(found.columns) == set(said["column"][said["table"] == table]), table
        assert not np.isinf(found.select_dtypes("number")).any(axis=None)
    patients, found = result.patients, read_csv(place / "patients.csv")
    for name in ("death_day", "relapse_day"):
        np.testing.assert_array_equal(found[f"{name}_censored"] == 1, np.isinf(patients[name]))
        np.testing.assert_array_equal(found[name].notna(), np.isfinite(patients[name]))
    wanted = result.doses
    for name in wanted.columns:
        written = read_csv(place / "doses.csv", keep_default_na=name not in ("amount_per",) and name != "per")[name]
        if wanted[name].dtype == object:
            assert (written.fillna("").astype(str) == wanted[name]).all(), name
        elif name != "amount_per":
            np.testing.assert_array_equal(written, wanted[name])


# --- names, and what is refused ---------------------------------------------------------------------------------------


def test_names_are_short_plain_and_told_apart() -> None:
    taken: list[str] = []
    for words in ["overall survival", "overall survivors", "overall survival", "3rd look", "µ-dose", "naïve cells", ""]:
        taken.append(code(words, taken))
    assert len(set(taken)) == len(taken) and all(1 <= len(x) <= 8 and x.isalnum() and x[0].isalpha() for x in taken)
    assert plain("naïve µL, 38 °C – m²  ") == "naive uL, 38 deg C - m2" and len(plain("é" * 500)) == 200


def test_an_unknown_format_is_told(result: Result, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'nonmem'"):
        result.export("nonnmem", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("to", FORMATS)
def test_the_command_writes_each_format(folder: Path, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    from livingdrug.cli import main

    if to == "xpt":
        pytest.importorskip("pyreadstat", reason="pyreadstat is not installed (livingdrug[export])")
    for _ in range(2 if to == "nonmem" else 1):  # an earlier export is replaced
        with pytest.raises(SystemExit) as left:
            main(["export", str(folder), "--to", to])
        assert left.value.code == 0
    assert (folder / to / "export.json").is_file() and "Not medical advice" in capsys.readouterr().out


def test_the_run_itself_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from livingdrug.cli import main

    for out in (folder, folder.parent):
        with pytest.raises(SystemExit) as left:
            main(["export", str(folder), "--to", "csv", "--out", str(out)])
        assert left.value.code == 2 and "holds the run itself" in capsys.readouterr().err
    assert (folder / "scenario.toml").is_file()


@pytest.mark.parametrize("to", some_of(FORMATS, one_in=3))
def test_a_run_in_which_nobody_is_infused(to: str, tmp_path: Path) -> None:
    """Empty tables are tables: with their columns, and read back as such."""
    if to == "xpt":
        pytest.importorskip("pyreadstat", reason="pyreadstat is not installed (livingdrug[export])")
    trial = livingdrug.Trial("eliana", {"protocol.follow_up": "4 months", "protocol.share.manufacturing_failure": 0.89})
    alone = next(r for seed in range(1, 9) if not (r := trial.run(patients=1, seed=seed)).arm().counts["infused"])
    alone.save(tmp_path / "run")
    again = livingdrug.load(tmp_path / "run")
    for table in ("individual", "doses", "observations", "toxicity"):
        pd.testing.assert_frame_equal(getattr(alone, table), getattr(again, table))
        assert len(getattr(alone, table)) == 0
    exported(again, to, tmp_path / to)
    if to == "xpt":
        import pyreadstat

        for data in datasets(again):
            found, _ = pyreadstat.read_xport(str(tmp_path / to / f"{data.name.lower()}.xpt"))
            assert list(found.columns) == [v.name for v in data.variables] and len(found) == len(data.frame)


def test_a_run_of_an_earlier_version_loads_but_says_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    import shutil

    old = shutil.copytree(folder, tmp_path / "old")
    for table in ("individual", "doses", "observations", "toxicity", "grades"):
        (old / f"{table}.parquet").unlink()
    loaded = livingdrug.load(old)
    assert len(loaded.patients) == 2 * N and len(loaded.doses) == 0 and "amount" in loaded.doses
    with pytest.raises(ScenarioError, match="saved by an earlier version, without doses"):
        loaded.export("csv", tmp_path / "csv")
    assert not (tmp_path / "csv").exists()
