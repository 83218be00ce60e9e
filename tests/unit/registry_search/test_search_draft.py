"""From a registered trial to a scenario: each line with its sentence, and what the library lacks by name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from cart_records import study

from livingdrug.errors import LivingDrugError
from livingdrug.registry.classify.conditioning import stated_conditioning
from livingdrug.registry.classify.dosing import stated_doses
from livingdrug.registry.classify.passages import passages_of
from livingdrug.registry.reports.scenario_draft import draft
from livingdrug.scenario.resolve import resolve


def resolved(text: str, folder: Path):
    file = folder / "drafted.toml"
    file.write_text(text, encoding="utf-8")
    return resolve(str(file))


def test_a_trial_of_the_library_is_recognised(tmp_path: Path) -> None:
    made = draft(study("Study of CTL019 in children", nct="NCT02435849", interventions=["CTL019"], enrollment=80))
    assert made.missing == []
    assert tomllib.loads(made.text)["trial"] == "eliana"
    assert resolved(made.text, tmp_path).trial.size == 80


def test_known_product_and_disease_make_a_scenario_that_loads(tmp_path: Path) -> None:
    made = draft(
        study(
            "Kymriah in relapsed B-ALL",
            interventions=["Kymriah", "Fludarabine", "Cyclophosphamide"],
            conditions=["B-cell Acute Lymphoblastic Leukemia"],
            ages=("3 Years", "21 Years"),
            enrollment=64,
            details="A single dose of 2 x 10^6 CAR T cells/kg after fludarabine 25 mg/m2 daily for 3 days"
            " and cyclophosphamide 900 mg/m2.",
            eligibility="Inclusion Criteria:\n\n* At least two prior lines of therapy\n\nExclusion Criteria:\n\n"
            "* prior CAR-T",
        )
    )
    assert made.missing == []
    said = tomllib.loads(made.text)
    assert (said["product"], said["population"], said["size"]) == ("tisagenlecleucel", "relapsed-b-all-young", 64)
    assert "At least two prior lines of therapy" in made.text and "* prior CAR-T" not in made.text
    scenario = resolved(made.text, tmp_path)
    by_name = {s.name: s for s in scenario.protocol.schedule}
    assert by_name["fludarabine"].amount.text == "25 mg/m2" and by_name["fludarabine"].days.listed == (-5, -4, -3)
    assert by_name["cyclophosphamide"].amount.text == "900 mg/m2"
    assert by_name["infusion up to 50 kg"].amount.text == "2e+06 cell/kg"
    age = scenario.covariates["age"]
    assert (age.low, age.high) == (3, 21)


def test_several_doses_make_arms(tmp_path: Path) -> None:
    made = draft(
        study(
            "CTL019",
            interventions=["CTL019"],
            conditions=["B-ALL"],
            arms=["Low: 1x10^6 cells/kg", "High: 3 x 10^6 CAR-T cells/kg"],
        )
    )
    scenario = resolved(made.text, tmp_path)
    assert [a.name for a in scenario.arms] == ["dose 1: 1e+06 cell/kg", "dose 2: 3e+06 cell/kg"]


def test_what_the_library_lacks_is_named(tmp_path: Path) -> None:
    named = ["GPC3 CAR-T cells"]
    made = draft(study("GPC3", interventions=named, conditions=["Hepatocellular Carcinoma"], ages=("18 Years", None)))
    assert len(made.missing) == 2
    assert "GPC3 CAR" in made.missing[0] and "target GPC3" in made.missing[0]
    assert "hepatocellular" in made.missing[1].lower()
    assert all(f"#   - {m}" in made.text for m in made.missing)
    tomllib.loads(made.text)
    with pytest.raises(LivingDrugError, match="unknown product 'gpc3-car'"):
        resolved(made.text, tmp_path)


def test_every_value_has_a_comment_before_it() -> None:
    text = draft(
        study(
            "CTL019",
            interventions=["CTL019"],
            conditions=["B-ALL"],
            ages=("3 Years", "21 Years"),
            arms=["2x10^6 cells/kg"],
        )
    ).text
    lines = text.splitlines()
    said = False
    for line in lines:
        if line.startswith("#"):
            said = True
        elif not line:
            said = said and line != ""
        else:
            assert said or "=" not in line or lines.index(line) > 0
    assert lines[0].startswith("# NCT") and "assumed" in text


def test_a_record_cannot_write_into_the_scenario(tmp_path: Path) -> None:
    evil = 'CTL019\n[product]\nname = "x"\n""" \\u0000 ]] \r\nseed = 3 # '
    made = draft(
        study(
            evil, interventions=[evil], conditions=["B-ALL", evil], eligibility=f"Inclusion: prior {evil}", arms=[evil]
        )
    )
    said = tomllib.loads(made.text)
    assert "seed" not in said and said["product"] == "tisagenlecleucel"
    resolved(made.text, tmp_path)


def test_no_car_therapy_says_so() -> None:
    assert "does not look like a CAR cell therapy" in draft(study("Aspirin in stroke", interventions=["Aspirin"])).text


@pytest.mark.parametrize(
    "text, doses",
    [
        ("2 x 10^6 CAR-T cells/kg", [(2e6, "cell/kg")]),
        ("1.5x10^8 viable CAR T cells", [(1.5e8, "cell")]),
        ("0.5-3×10^6/kg", [(5e5, "cell/kg"), (3e6, "cell/kg")]),
        ("1 x 10e6 cells per kg", [(1e6, "cell/kg")]),
        ("5x106 cells/kg", [(5e6, "cell/kg")]),
        ("platelets over 50 x 10^9/L, 10^6 copies", []),
        ("AB-10 on day 10 of 106 cells", []),
    ],
)
def test_doses_as_stated(text: str, doses: list) -> None:
    assert [(s.value, s.unit) for s in stated_doses(passages_of(study("CAR-T", details=text))).doses] == doses


def test_conditioning_as_stated() -> None:
    found = stated_conditioning(
        passages_of(
            study("CAR-T", details="Fludarabine 30 mg/m^2/day and cyclophosphamide (CTX) 300 mg/m2 on days -5 to -3")
        )
    ).drugs
    assert {a: s.value for a, s in found.items()} == {"fludarabine": 30, "cyclophosphamide": 300}
    assert found["cyclophosphamide"].days == found["fludarabine"].days == (-5, -4, -3)
