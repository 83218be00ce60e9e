"""A saved run can be run again bit for bit, loaded, and sent; its columns say what they are."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

import livingdrug
from livingdrug.errors import ScenarioError
from livingdrug.results.result import Result
from thoroughness import some_of

OWN = """
trial = "eliana"
product = "own/product.toml"
[[arm]]
name = "as it is"
[[arm]]
name = "weaker"
[arm.set]
"tumour.kill" = "* 0.5"
"""
PRODUCT = 'like = "tisagenlecleucel"\n[kinetics.growth]\nvalue = 1.9\nkind = "assumed"\nwhy = "a test"\n'

TABLES = ("patients", "doses", "observations", "individual", "toxicity")


def equal(a: Result, b: Result) -> None:
    """Both results have the same tables and the same comparison."""
    pd.testing.assert_frame_equal(a.patients, b.patients)
    for table in ("events", "individual", "doses", "observations", "toxicity", "grades"):
        assert len(getattr(a, table)), table
        pd.testing.assert_frame_equal(getattr(a, table), getattr(b, table), check_exact=True)
    assert a.courses.identical(b.courses)
    assert list(a.arms) == list(b.arms)
    for one, other in zip(a.arms.values(), b.arms.values(), strict=True):
        pd.testing.assert_frame_equal(one.courses.frame(), other.courses.frame())
        pd.testing.assert_frame_equal(one.samples(), other.samples())
        assert repr(one.comparison) == repr(other.comparison)
    said = [{k: x for k, x in r.json().items() if k not in ("wall_s", "patients_per_s")} for r in (a, b)]
    assert said[0] == said[1] and a.title == b.title


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A run of a user's file with a product of the user's beside it, changed once more, and its folder."""
    home = tmp_path_factory.mktemp("mine")
    (home / "own").mkdir()
    (home / "mine.toml").write_text(OWN, encoding="utf-8")
    (home / "own" / "product.toml").write_text(PRODUCT, encoding="utf-8")
    trial = livingdrug.Trial(home / "mine.toml", {"protocol.follow_up": "6 months"})
    result = trial.run(patients=np.int64(60), seed=np.uint8(5))
    result.save(home / "run")
    for name in ("mine.toml", "own/product.toml"):
        (home / name).unlink()  # the run stands alone
    return result, home / "run"


def test_a_loaded_run_is_the_run(saved: tuple[Result, Path]) -> None:
    result, folder = saved
    equal(result, livingdrug.load(folder))


PLAIN = '[[arm]]\nname = "plain"\n'
STEROID = """
[[arm]]
name = "another drug"
[[arm.protocol.rule]]
name  = "at grade 2"
when  = "crs.grade >= 2"
check = "every 12 h for 28 d"
do    = { give = "dexamethasone", amount = "10 mg" }
kind  = "assumed"
why   = "a test"
"""


@pytest.mark.parametrize("arms", some_of([PLAIN + STEROID, STEROID + PLAIN]), ids=["later", "first"])
def test_arms_with_other_drugs_are_saved_loaded_and_exported(arms: str, tmp_path: Path) -> None:
    """Whichever arm has numbers of the model that the other lacks."""
    (tmp_path / "arms.toml").write_text(f'trial = "eliana"\n{arms}', encoding="utf-8")
    trial = livingdrug.Trial(tmp_path / "arms.toml", {"protocol.follow_up": "2 months"})
    result = trial.run(patients=40, seed=2, out=tmp_path / "run")
    known = result.individual.set_index("arm").filter(like="dexamethasone").notna()
    assert known.size and known.loc["another drug"].all(axis=None) and not known.loc["plain"].any(axis=None)
    equal(result, livingdrug.load(tmp_path / "run"))
    for to in ("csv", "adam", "nonmem"):
        written = result.export(to, tmp_path / to)
        assert (written / "export.json").is_file()


def test_a_saved_run_runs_again_bit_for_bit(saved: tuple[Result, Path]) -> None:
    result, folder = saved
    equal(result, livingdrug.Trial(folder / "scenario.toml").run())


def test_a_result_travels(saved: tuple[Result, Path]) -> None:
    result, _ = saved
    equal(result, pickle.loads(pickle.dumps(result)))


def test_every_column_says_its_unit_and_what_it_is(saved: tuple[Result, Path]) -> None:
    result, folder = saved
    said = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    known = {(row["table"], row["column"]): row for row in said}
    for table in {row["table"] for row in said}:
        schema = parquet.read_schema(folder / f"{table}.parquet")
        for name in schema.names:
            assert known[table, name]["meaning"], f"{table}.{name}"
            assert schema.field(name).metadata[b"unit"].decode() == known[table, name]["unit"]
    assert known["patients", "cmax"]["unit"] == "copy/ug" and known["patients", "age"]["unit"] == "year"
    courses = result.arm().courses.frame()
    warm = courses.query("observable == 'physiology.temperature'")
    assert set(warm["unit"]) == {"degC"} and warm["p50"].dropna().between(35, 43).all()
    assert set(courses["unit"]) - {""} and not courses["unit"].eq("").any()


def test_courses_as_xarray(saved: tuple[Result, Path]) -> None:
    result, _ = saved
    data = result.courses
    warm = data["physiology.temperature"]
    assert warm.dims == ("arm", "time", "quantile") and warm.attrs["units"] == "degC"
    assert list(data["arm"].values) == ["as it is", "weaker"]
    middle = (
        result.arm("as it is").courses.frame().query("observable == 'physiology.temperature'").set_index("day")["p50"]
    )
    np.testing.assert_array_equal(warm.sel(arm="as it is", quantile=0.5, time=middle.index).values, middle.values)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="holds no whole run"):
        livingdrug.load(tmp_path)


def test_a_changed_library_is_told(saved: tuple[Result, Path], tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(saved[1], tmp_path / "run")
    said = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    (folder / "provenance.json").write_text(json.dumps({**said, "scenario_hash": "0"}), encoding="utf-8")
    with pytest.warns(UserWarning, match="has changed since this run"):
        livingdrug.load(folder)


def test_a_patient_who_dies_before_day_0_is_not_infused() -> None:
    patients = livingdrug.Trial("eliana", {"outcome.leukaemic_rate": "* 20"}).run(patients=300, seed=2).patients
    early = patients[patients["death_day"] < 0]
    assert len(early) > 3 and set(early["status"]) == {"not infused: death before infusion"}
    assert (early["infused"] == 0).all() and early["dose"].isna().all() and (early["cause"] != "").all()
    assert (patients[patients["infused"] == 1]["death_day"] >= 0).all()


def test_arms_that_vary_in_other_numbers_are_saved_and_loaded(tmp_path: Path) -> None:
    """A number that all patients of one arm share is a column of the other arms only."""
    (tmp_path / "mine.toml").write_text(
        'trial = "eliana"\n[protocol]\nfollow_up = "4 months"\n[[arm]]\nname = "varied"\n[[arm]]\nname = "alike"\n'
        '[arm.set]\n"tumour.growth.variability.sd" = 0\n"cytokines.crp_most.variability.sd" = 0\n',
        encoding="utf-8",
    )
    result = livingdrug.Trial(tmp_path / "mine.toml").run(patients=20, seed=5)
    assert "tumour.growth" in result.arm("varied").tables["individual"]
    assert "tumour.growth" not in result.arm("alike").tables["individual"]
    equal(result, livingdrug.load(result.save(tmp_path / "run")))
    own = result.individual.set_index("arm")["tumour.growth"]
    assert own["varied"].notna().all() and own["alike"].isna().all()
    for to in ("csv", "adam", "nonmem", "xarray"):
        livingdrug.load(tmp_path / "run").export(to, tmp_path / to)
    written = pd.read_csv(tmp_path / "csv" / "individual.csv", float_precision="round_trip")
    pd.testing.assert_frame_equal(written, result.individual)


def damaged(saved: Path, place: Path, name: str, change: Callable[[Path], object]) -> None:
    """Loading a copy of a run with one changed file is refused, with the file or its folder and what to do."""
    shutil.copytree(saved, place)
    change(place / name)
    with pytest.raises(ScenarioError) as caught:
        livingdrug.load(place)
    assert str(place) in str(caught.value.where) and caught.value.mend


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": "x"}', '{"seed": null}', "\x00"])
def test_a_damaged_provenance_is_refused(saved: tuple[Result, Path], tmp_path: Path, content: str) -> None:
    damaged(saved[1], tmp_path / "run", "provenance.json", lambda p: p.write_text(content, encoding="utf-8"))


@pytest.mark.parametrize(("name", "column"), some_of(product(TABLES, (0, 1, -1))))
def test_a_table_that_lacks_a_column_is_refused(
    saved: tuple[Result, Path], tmp_path: Path, name: str, column: int
) -> None:
    def without(path: Path) -> None:
        table = pd.read_parquet(path)
        table.drop(columns=table.columns[column]).to_parquet(path)

    damaged(saved[1], tmp_path / "run", f"{name}.parquet", without)


@pytest.mark.parametrize("name", ["histograms", "grades"])
def test_counts_that_lack_a_column_or_are_texts_are_refused(
    saved: tuple[Result, Path], tmp_path: Path, name: str
) -> None:
    changes: list[Callable[[pd.DataFrame], pd.DataFrame]] = [
        lambda t: t.drop(columns=t.columns[1]),
        lambda t: t.astype(str),
    ]
    for number, change in enumerate(changes):
        damaged(
            saved[1], tmp_path / str(number), f"{name}.parquet", lambda p, f=change: f(pd.read_parquet(p)).to_parquet(p)
        )


@pytest.mark.parametrize("kept", [0, 1, -1])
def test_a_run_that_lacks_patients_is_refused(saved: tuple[Result, Path], tmp_path: Path, kept: int) -> None:
    damaged(saved[1], tmp_path / "run", "patients.parquet", lambda p: pd.read_parquet(p).iloc[:kept].to_parquet(p))


@pytest.mark.parametrize("name", some_of(["patients", "doses", "observations", "samples", "histograms"], one_in=3))
def test_a_flipped_byte_is_noticed(saved: tuple[Result, Path], tmp_path: Path, name: str) -> None:
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 8] ^= 0x55
        path.write_bytes(content)

    damaged(saved[1], tmp_path / "run", f"{name}.parquet", flip)


@pytest.mark.parametrize("first", some_of([True, False]))
def test_an_arm_in_which_nobody_is_infused_is_saved_loaded_and_exported(tmp_path: Path, first: bool) -> None:
    nobody = '[[arm]]\nname = "nobody"\n[arm.set]\n"share.manufacturing_failure" = 0.89\n'
    usual = '[[arm]]\nname = "usual"\n'
    arms = nobody + usual if first else usual + nobody
    (tmp_path / "mine.toml").write_text('trial = "eliana"\n' + arms, encoding="utf-8")
    result = livingdrug.Trial(tmp_path / "mine.toml").run(patients=3, seed=1)
    assert result.arm("nobody").counts["infused"] == 0 < result.arm("usual").counts["infused"]
    again = livingdrug.load(result.save(tmp_path / "run"))
    pd.testing.assert_frame_equal(again.doses, result.doses)
    for to in ("csv", "adam", "nonmem", "xarray"):
        again.export(to, tmp_path / to)
    rows = pd.read_csv(tmp_path / "nonmem" / "events.csv")
    assert (rows["EVID"] == 1).sum() == len(result.doses) > 0
