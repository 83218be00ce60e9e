"""Ways in which records write conditioning and cell doses: each is read rightly, or said not to be understood."""

from __future__ import annotations

import itertools
import re
import tomllib
from typing import Any

import pytest

from livingdrug.registry.classify.conditioning import stated_conditioning
from livingdrug.registry.classify.dosing import stated_doses
from livingdrug.registry.classify.passages import passages_of
from livingdrug.registry.records.read import read
from livingdrug.registry.records.study import Study
from livingdrug.registry.reports.in_words import within
from livingdrug.registry.reports.scenario_draft import draft

FC = {"fludarabine": (30, "mg/m2", (-5, -4, -3)), "cyclophosphamide": (300, "mg/m2", (-5, -4, -3))}
THREE = {a: (v, u, 3) for a, (v, u, _) in FC.items()}


def flu(value: float = 30, days: Any = (-5, -4, -3), unit: str = "mg/m2") -> dict[str, Any]:
    return {"fludarabine": (value, unit, days)}


def cy(value: float = 300, days: Any = (-5, -4, -3), unit: str = "mg/m2") -> dict[str, Any]:
    return {"cyclophosphamide": (value, unit, days)}


CONDITIONING: dict[str, dict[str, Any]] = {
    # days named one by one
    "Cyclophosphamide 250mg/m2/day IV(Day -5, Day -4, Day -3 ).": cy(250),
    "Fludarabine 30 mg/m2 on days -5, -4 and -3": flu(),
    "Fludarabine 30 mg/m2 on days -5, -4, and -3.": flu(),
    "Fludarabine: 40mg/m2, Day -4, -3 and -2": flu(40, (-4, -3, -2)),
    "Cyclophosphamide 500 mg/m² on D-5, D-4 and D-3": cy(500),
    "Fludarabine 30 mg/m2 d-5/-4/-3": flu(),
    "Cyclophosphamide 900 mg/m2 on day -2": cy(900, (-2,)),
    "Cyclophosphamide 750 mg/m2 i.v. for once (Day -5)": cy(750, (-5,)),
    "Fludarabine 25 mg/m2 (days −4, −3, −2)": flu(25, (-4, -3, -2)),
    "Fludarabine 30 mg/m2 on days minus 5, minus 4 and minus 3": flu(),
    # days as a range
    "Fludarabine 30 mg/m2 on days -5 to -3": flu(),
    "Fludarabine 30 mg/m2 from day -5 through day -3": flu(),
    "Fludarabine 30 mg/m2/d, D-5~D-3": flu(),
    "Fludarabine 30 mg/m2, days -5 - -3": flu(),
    "Fludarabine 30 mg/m2 days -5--3": flu(),
    "Fludarabine 30 mg/m2/day, Day -6 until Day -3": flu(30, (-6, -5, -4, -3)),
    "On days -5 through -3, Fludarabine 30mg/m2 IV will be infused over 30 minutes.": flu(),
    "Fludarabine 30 mg/m2 daily, 5 to 3 days before infusion": flu(),
    "Fludarabine 30 mg/m2 given 5, 4 and 3 days before infusion": flu(),
    "350 mg/m2/d cyclophosphamide was infused intravenously for 3 consecutive days (- 5 days to - 3 days)": cy(350),
    # a number of days
    "Fludarabine 30 mg/m2/day for 3 days": flu(days=3),
    "Fludarabine 30 mg/m2 daily x 3": flu(days=3),
    "Fludarabine 30 mg/m2 x 3 days": flu(days=3),
    "Fludarabine: Lymphodepletion chemotherapy (30 mg/m2/day) for 3 consecutive days": flu(days=3),
    "Cyclophosphamide 60 mg/kg/day for two days": cy(60, 2, "mg/kg"),
    "Fludarabine 30 mg/m2 once daily for 3 days starting on day -5": flu(),
    "Fludarabine 30 mg/m2 for 3 days beginning 6 days before infusion": flu(30, (-6, -5, -4)),
    # two drugs
    "Fludarabine 30 mg/m2 and cyclophosphamide 300 mg/m2 on days -5 to -3": FC,
    "fludarabine (30 mg/m²/day, days -5 to -3) and cyclophosphamide (300 mg/m²/day, days -5 to -3)": FC,
    "30 mg/m2 of fludarabine and 300 mg/m2 of cyclophosphamide daily for 3 days": THREE,
    "Flu/Cy (30/300 mg/m2) for 3 days": THREE,
    "cyclophosphamide (CTX) 300 mg/m2 and fludarabine (Flu) 30 mg/m2, each on days -5, -4, -3": FC,
    "Fludarabine 30 mg/m2 on days -5 to -3; Cyclophosphamide 300 mg/m2 on days -5 to -3": FC,
    "Fludarabine will be given once daily, days -5 through -2. The dose of fludarabine will be 30 mg/m2 /day. "
    "Cyclophosphamide is given on days -5 to -4. The dose of cyclophosphamide will be 500 mg/m2 /day.":
        {**flu(30, (-5, -4, -3, -2)), **cy(500, (-5, -4))},
    # other units
    "Cyclophosphamide 1.5 g/m2 on day -3": cy(1500, (-3,)),
    "Cyclophosphamide 1,000 mg/m2 on day -4": cy(1000, (-4,)),
    "Cyclophosphamide 500 mg on days -5 and -4": cy(500, (-5, -4), "mg"),

    # the words around them
    "Fludarabine 30 mg/m2 on days -5 to -3 prior to CAR-T infusion": flu(),
    "Prior to infusion, fludarabine 30 mg/m2 is given on days -5 to -3": flu(),
    "Fludarabine 30 mg/m2 from 5 days before to 3 days before infusion": flu(),
    "3 days of fludarabine 30 mg/m2": flu(days=3),
    "three daily doses of fludarabine (30 mg/m2)": flu(days=3),
    "Fludarabine: 30mg/m2×3 days; Cyclophosphamide: 300mg/m2×3 days": THREE,
    "fludarabine and cyclophosphamide (30 mg/m2 and 300 mg/m2 respectively) on days -5 to -3": FC,
    "fludarabine and cyclophosphamide at 30 and 300 mg/m2 daily for 3 days": THREE,
    "Cyclophosphamide alone, without fludarabine, 300 mg/m2 on days -5 to -3": cy(),
    "Cyclophosphamide 900 mg/m2 once, 2 days prior": cy(900, (-2,)),
    "flu 30 mg/m2 on D-5..D-3": flu(),
    "Fludarabine 30 mg/m2 is given 5 days, 4 days and 3 days before the cells": flu(),
    "No fludarabine is given; cyclophosphamide 300 mg/m2 on days -5 to -3": cy(),
}  # fmt: skip

WAYS_OF_AMOUNT = [
    "30 mg/m2", "30mg/m^2", "30 mg/m²", "30 mg/㎡", "30 mg per m2", "30 mg per square meter", "30 mg/sq m",
    "30 mg/sq. m", "30 milligrams/m2", "30 mg m-2", "30 mg·m-2", "30 mg/m2/d", "(30 mg/m2)", "at 30 mg/m2 IV",
    "at a dose of 30 mg/m2/d",
]  # fmt: skip
WAYS_OF_DAYS = [
    "on days -5, -4 and -3", "days -5 to -3", "D-5~D-3", "D-5 to D-3", "(-5d, -4d, -3d)", "-5d to -3d",
    "-5 to -3 days", "on days -5 through -3", "day -5 and -4 and -3", "days (-5)-(-3)", "on Day–5, Day–4, Day–3",
    "days minus 5 to minus 3", "on the 5th, 4th and 3rd day before infusion",
    "on the fifth to third day before infusion", "five, four and three days before infusion",
    "5 to 3 days prior to infusion", "on study days -5/-4/-3",
]  # fmt: skip
WAYS_OF_NAMES = ["Fludarabine", "Fludarabin", "fludarabine phosphate", "Fludarabine (Flu)", "Lymphodepletion: FLU"]

UNREAD: dict[str, str] = {
    "Fludarabine 25-30 mg/m2 on days -5 to -3": "a range",
    "Fludarabine at a total dose of 90 mg/m2 over 3 days": "a total",
    "Lymphodepletion with fludarabine 30 mg/m2 and bendamustine 70 mg/m2 for 3 days": "bendamustine",
    "Conditioning: fludarabine, cyclophosphamide and ABRAXANE": "abraxane",
    "Fludarabine 30 mg/m2 days -5 to -3, then total body irradiation 2 Gy": "2 Gy",
    "Melphalan 140 mg/m2 on day -2 as conditioning": "melphalan",
    "Fludarabine 30 mg/m2 for 4 days (days -5, -4, -3)": "4 days, and 3 are named",
    "Fludarabine 30 mg/m2 3-5 days before infusion": "a span of days",
    "Fludarabine 30 mg/m2 (dose reduced to 24 in renal failure) on days -5 to -3": "24 in renal",
    "Fludarabine 90 mg/m2 in total": "a total",
    "Fludarabine 30 mg/m2, Monday to Wednesday": "Monday",
    "Fludarabine 30 mg/m2 seven to five days ahead of infusion": "days ahead of",
    "Fludarabine 30 mg/m2 from -120 h to -72 h": "-120 h",
    "Cyclophosphamide 300 mg/m2 on days -5 to -3 and fludarabine 30 mg/m2 on the same days": "same days",
    "FC regimen (F: 30 mg/m2; C: 300 mg/m2; d-5~-3)": "of what?",
    "Fludarabine 90 mg/m2 total over three days": "a total",
    "Fludarabine up to 30 mg/m2 on days -5 to -3": "a bound",
    "Fludarabine 15 mg/m2 twice daily on days -5 to -3": "twice daily",
    "Fludarabine 15 mg/m2 BID on days -5 to -3": "BID",
    "Fludarabine 15 mg/m2 q12h on days -5 to -3": "q12h",
    "Fludarabine 30 mg/m2 every other day for 3 doses": "every other day",
    "Fludarabine AUC 20 mg*h/L over 3 days": "an exposure",
    "Cyclophosphamide 2.000 mg/m2 on day -4": "a point or thousands?",
    "Cy 500 + Flu 30": "500",
    "FluCy: 30/500 for three days": "30/500",
    "Fludarabine 30 mg/m2 72 hours before infusion": "72 hours before",
    "Fludarabine 30 mg/m2 one week before infusion": "one week before",
    "Fludarabine 30 mg/m2 daily, between day -5 and day -3": "a span of days",
    "Fludarabine 30 mg/m2 or 25 mg/m2 on days -5 to -3": "a range",
    "Patients with renal impairment receive 75% of the fludarabine dose": "75%",
    "Fludarabine 30 mg/m2 on days -5 to -3. Optional: cyclophosphamide 300 mg/m2": "Optional",
    "The previous fludarabine was 30 mg/m2": "previous",
    "Fludarabine 150 mg/m2 divided over 5 days": "a total",
    "Cyclophosphamide 60 mg/kg split over 2 days": "a total",
    "Cyclophosphamide 1 g/m2 in two divided doses": "a total",
    "Fludarabine 30 mg/m2 days -5 to -3. The dose of fludarabine is reduced by 20% in renal impairment": "reduced",
    "Fludarabine is omitted in cohort 2. Fludarabine 30 mg/m2 on days -5 to -3": "omitted",
    "Cohort 1 has no lymphodepletion. Cohort 2: fludarabine 30 mg/m2 on days -5 to -3": "no lymphodepletion",
}

DOSES: dict[str, list[tuple[float, str]] | str] = {
    "2 x 10^6 CD19 CAR-T cells/kg": [(2e6, "cell/kg")],
    "1×10⁶ CAR-T cells per kilogram": [(1e6, "cell/kg")],
    "1e6 CAR+ T cells/kg": [(1e6, "cell/kg")],
    "5.0E+07 viable cells": [(5e7, "cell")],
    "one million CAR T cells per kilogram": [(1e6, "cell/kg")],
    "CAR-T cells at 1M/kg": [(1e6, "cell/kg")],
    "CAR-T cells, 0.5 mln cells/kg": [(5e5, "cell/kg")],
    "a flat dose of 100 million CAR-T cells": [(1e8, "cell")],
    "0.2 to 5.0 x 10^6 CAR-positive T cells/kg": [(2e5, "cell/kg"), (5e6, "cell/kg")],
    "1x10^6-3x10^6 cells/kg": [(1e6, "cell/kg"), (3e6, "cell/kg")],
    "10^7 cells/kg": [(1e7, "cell/kg")],
    "CD34+ stem cells of at least 2 x 10^6 CD34+ cells/kg are kept": [],
    "1 x 10^7 cells/m2": "per body surface",
    "3 x 10^8 cells split over days 0, 1 and 2 (10%, 30%, 60%)": "in parts",
    "0.2-5 x 10^6 cells/kg for patients up to 50 kg, 0.1-2.5 x 10^8 cells above 50 kg": "differ by weight",
    "150 to 450 x 10^6 CAR-positive T cells": [(1.5e8, "cell"), (4.5e8, "cell")],
    # several that share a power or a unit
    "dose levels: 1x10^6, 3x10^6 and 6x10^6 CAR-T cells/kg": [(1e6, "cell/kg"), (3e6, "cell/kg"), (6e6, "cell/kg")],
    "DL1: 50 x 10^6; DL2: 100 x 10^6; DL3: 150 x 10^6 CAR+ T cells": [(5e7, "cell"), (1e8, "cell"), (1.5e8, "cell")],
    "1, 3 and 10 x 10^6 cells/kg": [(1e6, "cell/kg"), (3e6, "cell/kg"), (1e7, "cell/kg")],
    "1/3/10 x 10^6 cells/kg": [(1e6, "cell/kg"), (3e6, "cell/kg"), (1e7, "cell/kg")],
    "cohort 2, 3 x 10^6 cells/kg": [(3e6, "cell/kg")],
    "0.5 x 10^6 to 2 x 10^6 per kg": [(5e5, "cell/kg"), (2e6, "cell/kg")],
    "(1-5)x10^6 cells/kg": [(1e6, "cell/kg"), (5e6, "cell/kg")],
    "1x10^6, then 2x10^6 CAR-T/kg": [(1e6, "cell/kg"), (2e6, "cell/kg")],
    "1E8, 2E8 and 4E8 CAR gdT": [(1e8, "cell"), (2e8, "cell"), (4e8, "cell")],
    # other ways of writing a number
    "25,000,000 CAR-T cells": [(2.5e7, "cell")],
    "5 000 000 cells/kg": [(5e6, "cell/kg")],
    "2.000.000 cells/kg": [(2e6, "cell/kg")],
    "2,5 x 10^6 cells/kg": [(2.5e6, "cell/kg")],
    "one hundred million CAR T cells": [(1e8, "cell")],
    "300M CAR-T cells": [(3e8, "cell")],
    "1.5 bn cells": [(1.5e9, "cell")],
    # no doses
    "1 x 10^6 CAR-T cells/mL": [],
    "1 x 10^9 TU lentiviral vector": "a dose of vectors",
    "5E13 vector genomes/kg": "a dose of vectors",
    "dose level 1: 3e5 cells/kg; dose level 2: 1e6": "without a unit",
    "neutrophils above 1 x 10^9/L": [],
    # said
    "2 x 10^6 cells/kg (maximum 2 x 10^8 cells)": "a bound beside the dose",
    "at least 1 x 10^6 cells/kg": "a bound",
    "up to 1 x 10^8 CAR-T cells": "a bound",
    "<5x10^8 cells": "a bound",
    "1 +/- 0.2 x 10^6 cells/kg": "its spread",
    "two infusions of 1 x 10^8 cells": "more than once",
    "1 x 10^9 NK cells on days 0, 7 and 14": "more than once",
    "1x10^8 cells weekly for 3 weeks": "more than once",
    "a total of 3x10^8 divided as 10% on day 0 and 90% on day 1": "without a unit",
    "1 x 10^7 cells per square meter": "per body surface",
}


def told(text: str) -> Study:
    """A study of CD19 CAR-T cells in B-ALL with one arm that says this."""
    protocol = {
        "identificationModule": {"nctId": "NCT09000001", "briefTitle": "CTL019 in B-ALL"},
        "statusModule": {"overallStatus": "RECRUITING"},
        "conditionsModule": {"conditions": ["B-ALL"]},
        "armsInterventionsModule": {
            "interventions": [{"name": "CTL019"}],
            "armGroups": [{"label": "Arm", "description": text}],
        },
    }
    return read({"protocolSection": protocol})


def test_there_are_sixty() -> None:
    assert len(CONDITIONING) + len(UNREAD) + len(DOSES) >= 60


@pytest.mark.parametrize("text", CONDITIONING)
def test_conditioning_is_read(text: str) -> None:
    made = stated_conditioning(passages_of(told(text)))
    assert {a: (s.value, s.unit, s.days or s.number) for a, s in made.drugs.items()} == CONDITIONING[text]
    assert made.unread == []


@pytest.mark.parametrize("name", WAYS_OF_NAMES)
def test_every_way_of_an_amount_goes_with_every_way_of_days(name: str) -> None:
    wrong = {}
    for amount, days in itertools.product(WAYS_OF_AMOUNT, WAYS_OF_DAYS):
        made = stated_conditioning(passages_of(told(text := f"{name} {amount} {days}")))
        found = {a: (s.value, s.unit, s.days or s.number) for a, s in made.drugs.items()}
        if found != flu() or made.unread:
            wrong[text] = (found, made.unread)
    assert not wrong, wrong


@pytest.mark.parametrize("text", CONDITIONING)
def test_the_draft_says_what_was_read(text: str) -> None:
    drafted = draft(told(text)).text
    schedule = {s["name"]: s for s in tomllib.loads(drafted)["protocol"]["schedule"]}
    for agent, (value, unit, days) in CONDITIONING[text].items():
        assert schedule[agent]["amount"] == f"{value:g} {unit}"
        assert len(schedule[agent]["days"]) == (days if isinstance(days, int) else len(days))
    assert "not understood" not in drafted


@pytest.mark.parametrize("text", UNREAD)
def test_conditioning_that_is_not_understood_is_said(text: str) -> None:
    drafted = draft(told(text)).text
    assert re.search(f"(?m)^# not understood: .*{re.escape(UNREAD[text])}", drafted), drafted


@pytest.mark.parametrize(
    "text",
    ["No lymphodepletion is given", "The cells are infused without prior conditioning", "Lymphodepletion is not needed",
     "A lymphodepletion-free regimen", "Patients do not receive any lymphodepleting chemotherapy"],
)  # fmt: skip
def test_a_record_that_gives_no_conditioning_is_drafted_without(text: str) -> None:
    schedule = tomllib.loads(draft(told(text)).text)["protocol"]["schedule"]
    assert {s["name"] for s in schedule if s.get("remove")} == {"fludarabine", "cyclophosphamide"}


@pytest.mark.parametrize("text", DOSES)
def test_cell_doses_are_read_or_said(text: str) -> None:
    expected = DOSES[text]
    made = stated_doses(passages_of(told(text)))
    if isinstance(expected, str):
        assert any(expected in line for line in made.unread), made
    else:
        assert [(d.value, d.unit) for d in made.doses] == [(pytest.approx(v), u) for v, u in expected]
        assert made.unread == []


@pytest.mark.parametrize(
    "said",
    [
        dict(summary="Tisagenlecleucel is approved; unlike it these cells come from a donor."),
        dict(summary="The cells are compared with Kymriah."),
        dict(title="CD19 CAR-T cells versus tisagenlecleucel in B-ALL"),
        dict(title="CD19 CAR-T cells after failure of Kymriah"),
        dict(summary="Patients who previously received tisagenlecleucel may join."),
        dict(arms=[("New", "EXPERIMENTAL", ["Biological: New cells"]), ("Old", "ACTIVE_COMPARATOR", ["Kymriah"])]),
    ],
    ids=str,
)
def test_a_comparator_or_earlier_therapy_is_never_the_product(said: dict[str, Any]) -> None:
    arms = said.get("arms", [])
    protocol = {
        "identificationModule": {"nctId": "NCT09000001", "briefTitle": said.get("title", "CD19 CAR-T cells in B-ALL")},
        "statusModule": {"overallStatus": "RECRUITING"},
        "descriptionModule": {"briefSummary": said.get("summary", "")},
        "conditionsModule": {"conditions": ["B-ALL"]},
        "armsInterventionsModule": {
            "interventions": [{"name": "New cells"}, *([{"name": "Kymriah"}] if arms else [])],
            "armGroups": [{"label": a, "type": t, "interventionNames": n} for a, t, n in arms],
        },
    }
    drafted = draft(read({"protocolSection": protocol})).text
    assert 'product = "tisagenlecleucel"' not in drafted


@pytest.mark.parametrize(
    ("cells", "illness", "near"),
    [
        ("GD2 CAR-T cells", "Neuroblastoma", {"ct041-st-01"}),
        ("CD19 CAR-T cells", "Non-Hodgkin lymphoma", {"zuma-1", "juliet"}),
        ("BCMA CAR-T cells", "Multiple myeloma", {"karmma"}),
        ("CD7 CAR-T cells", "T-cell acute lymphoblastic leukemia", {"eliana"}),
        ("CD19 CAR-T cells", "Systemic sclerosis", {"castle-lupus", "erlangen-lupus", "hn2301-lupus"}),
        ("CD19 CAR-T cells", "An illness of no name", {"eliana", "zuma-1", "juliet"}),
    ],
)
def test_a_draft_builds_on_the_nearest_trial(cells: str, illness: str, near: set[str]) -> None:
    protocol = {
        "identificationModule": {"nctId": "NCT09000001", "briefTitle": f"{cells} in {illness}"},
        "statusModule": {"overallStatus": "RECRUITING"},
        "conditionsModule": {"conditions": [illness]},
        "armsInterventionsModule": {"interventions": [{"name": cells}]},
    }
    assert tomllib.loads(draft(read({"protocolSection": protocol})).text)["trial"] in near


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Multiple myeloma", "multiple myeloma"), ("Neuroblastoma", "neuroblastoma"), ("Anaemia", "anaemia"),
        ("Hodgkin lymphoma", "Hodgkin lymphoma"), ("HIV", "HIV"), ("B-ALL", "B-ALL"), ("Lupus", "lupus"),
        ("Ewing sarcoma", "Ewing sarcoma"), ("Sezary syndrome", "Sezary syndrome"), ("MALT lymphoma", "MALT lymphoma"),
    ],
)  # fmt: skip
def test_an_illness_stands_within_a_sentence(name: str, said: str) -> None:
    assert within(name) == said
