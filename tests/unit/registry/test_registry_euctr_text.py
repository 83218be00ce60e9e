"""The text download of the EU Clinical Trials Register is read as its JSON form is."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from livingdrug.cli.trials import app
from livingdrug.registry.errors import RecordError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.euctr_text import is_full_text, protocols
from livingdrug.registry.records.read import read
from livingdrug.registry.sync.import_files import import_files

HEAD = "This file contains full details on each clinical trial selected for download.\n\n"


def protocol(country: str = "AT", state: str = "Austria - BASG", number: str = "2015-001234-11") -> str:
    """A made-up protocol with the lines of a real one."""
    return f"""Summary
EudraCT Number: {number}
Sponsor's Protocol Code Number: ABC-1
National Competent Authority: {state}
Clinical Trial Type: EEA CTA
Trial Status: Ongoing
Date on which this record was first entered in the EudraCT database: 2016-02-03
Link: https://www.clinicaltrialsregister.eu/ctr-search/trial/{number}/{country}/

A. Protocol Information
A.1 Member State Concerned: {state}
A.2 EudraCT number: {number}
A.3 Full title of the trial: A long: and winding title
A.3 Full title of the trial (de): Ein langer Titel
A.3.1 Title of the trial for lay people, in easily understood, i.e. non-technical, language: Cells made at home
A.4.1 Sponsor's protocol code number: ABC-1
A.5.2 US NCT (ClinicalTrials.gov registry) number: NCT01234567
A.8 EMA Decision number of Paediatric Investigation Plan:

B. Sponsor Information
Sponsor 1
B.1.1 Name of Sponsor: House of Cells
B.1.3.4\tCountry: Austria
B.3.1 and B.3.2\tStatus of the sponsor: Non-Commercial
B.4 Source(s) of Monetary or Material Support for the clinical trial:
B.4.1 Name of organisation providing support: A Fund
B.5.4 Telephone number: 555
Sponsor 2
B.1.1 Name of Sponsor: Second House
B.3.1 and B.3.2\tStatus of the sponsor: Commercial

D. IMP Identification
D.IMP: 1
D.1.2 and D.1.3 IMP Role: Test
D.2 Status of the IMP to be used in the clinical trial
D.3 Description of the IMP
D.3.1 Product name: Homecells
D.3.4 Pharmaceutical form: Dispersion for infusion
D.3.7 Routes of administration for this IMP:
Intravenous use
D.3.8 to D.3.10 IMP Identification Details (Active Substances)
D.3.8 INN - Proposed INN: homeleucel
D.3.9.2 Current sponsor code: HC-19
D.3.8 INN - Proposed INN: carrierin
D.3.11 The IMP contains an
D.3.11.3 Advanced Therapy IMP (ATIMP): Yes
D.IMP: 2
D.3.1 Product name: Fludarabine

D.8 Information on Placebo

E. General Information on the Trial
E.1 Medical condition or disease under investigation
E.1.1 Medical condition(s) being investigated: Lymphoma
MedDRA Classification
E.1.2 Version: 20.0
E.1.3 Condition being studied is a rare disease: Yes
E.2 Objective of the trial
E.2.1 Main objective of the trial: To see
whether it works.
E.3 Principal inclusion criteria: 1. Age above 17
A. Protocol as agreed
B.12 deficiency: none
2. Written consent
E.4 Principal exclusion criteria: None
E.5 End points
E.5.1 Primary end point(s): Response
E.5.1.1 Timepoint(s) of evaluation of this end point: Day 28
E.7 Trial type and phase
E.7.1 Human pharmacology (Phase I): Yes
E.7.2 Therapeutic exploratory (Phase II): Yes
E.7.3 Therapeutic confirmatory (Phase III): No

F. Population of Trial Subjects
F.1 Age Range
F.1.1.6 Adolescents (12-17 years): No
F.1.2 Adults (18-64 years): Yes
F.1.3 Elderly (>=65 years): Yes
F.2.1 Female: Yes
F.2.2 Male: Yes
F.3.1 Healthy volunteers: No
F.4.1 In the member state: 8
F.4.2.2 In the whole clinical trial: 30

N. Review by the Competent Authority or Ethics Committee in the country concerned
N. Competent Authority Decision: Authorised
N. Date of Competent Authority Decision: 2016-03-01
P. End of Trial
P. End of Trial Status: Completed

"""


TWO = HEAD + protocol() + protocol("3rd", "Outside EU/EEA", "2016-004321-22")


def test_what_a_protocol_says() -> None:
    first, second = map(read, protocols(TWO))
    assert (first.id, second.id) == ("EUCTR2015-001234-11-AT", "EUCTR2016-004321-22-3RD")
    assert (first.status, first.status_stated, first.phases) == ("COMPLETED", "Completed", ("PHASE1", "PHASE2"))
    assert (first.title, first.official_title) == ("Cells made at home", "A long: and winding title")
    assert first.start is not None and first.start.text == "2016-03-01"
    assert first.first_posted is not None and first.first_posted.text == "2016-02-03"
    assert [(s.name, s.role, s.category) for s in first.sponsors] == [
        ("House of Cells", "lead", "OTHER"), ("Second House", "collaborator", "INDUSTRY"),
    ]  # fmt: skip
    assert [(i.name, i.other_names) for i in first.interventions] == [
        ("Homecells", ("homeleucel", "carrierin")), ("Fludarabine", ()),
    ]  # fmt: skip
    assert first.interventions[0].description == "Dispersion for infusion"
    assert (first.minimum_age, first.maximum_age, first.sex) == ("18 Years", None, "ALL")
    assert (first.enrollment, first.healthy_volunteers, first.countries) == (30, False, ("Austria",))
    assert {i.value for i in first.identifiers} == {"ABC-1", "NCT01234567"}
    assert first.summary == "To see\nwhether it works." and first.conditions == ("Lymphoma",)
    assert [(o.measure, o.time_frame) for o in first.outcomes] == [("Response", "Day 28")]


def test_a_code_inside_criteria_begins_no_question() -> None:
    (study,) = map(read, protocols(protocol()))
    assert study.eligibility == (
        "Inclusion Criteria:\n\n1. Age above 17\nA. Protocol as agreed\nB.12 deficiency: none\n2. Written consent"
        "\n\nExclusion Criteria:\n\nNone"
    )


@pytest.mark.parametrize("form", ["plain", "dos", "bom", "zip"])
def test_a_download_is_imported_whatever_its_lines(tmp_path: Path, form: str) -> None:
    data = (TWO.replace("\n", "\r\n") if form == "dos" else TWO).encode("utf-8-sig" if form == "bom" else "utf-8")
    path = tmp_path / "trials-full.txt"
    path.write_bytes(data)
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
            archive.write(path, "trials-full.txt")
        path = tmp_path / "t.zip"
    store = Store(tmp_path / "t.sqlite")
    for outcome in ("new", "unchanged"):
        tally = import_files(store, [path])
        assert (tally.read, getattr(tally, outcome)) == (2, 2)
    assert store.reading("EUCTR2015-001234-11-AT").status == "COMPLETED"
    assert "555" not in CliRunner().invoke(app, ["show", "NCT01234567", "--db", str(store.path)]).output


def test_a_protocol_without_a_number_is_set_aside_and_the_rest_is_kept(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(HEAD + protocol(number="2015-1") + protocol())
    store = Store(tmp_path / "t.sqlite")
    tally = import_files(store, [tmp_path / "t.txt"])
    assert (tally.read, tally.new, tally.quarantined) == (2, 1, 1)
    assert any("without a EudraCT number" in reason for _, reason in tally.set_aside)


def test_the_short_download_is_no_full_text() -> None:
    assert is_full_text(TWO) and not is_full_text(TWO.partition("\nA. Protocol Information")[0])


@given(st.integers(0, len(TWO)), st.integers(0, 300), st.text(max_size=20))
def test_no_damaged_download_ends_in_a_traceback(begin: int, length: int, instead: str) -> None:
    for record in protocols(TWO[:begin] + instead + TWO[begin + length :]):
        try:
            assert read(record).id.startswith("EUCTR")
        except RecordError as error:
            assert error.what
