"""EU Clinical Trials Register (EudraCT): reading one country's protocol, flattened to JSON by question number."""

from __future__ import annotations

import re
from typing import Any

from livingdrug.registry.errors import RecordError
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.identifiers import linking_number
from livingdrug.registry.records.study import Identifier, Intervention, Outcome, Record, Sponsor, Study, age_in_years
from livingdrug.registry.records.text import at, items, words

_NUMBER = re.compile(r"\d{4}-\d{6}-\d{2}$")

STATUS = {
    "ongoing": "RECRUITING",
    "restarted": "RECRUITING",
    "completed": "COMPLETED",
    "prematurely ended": "TERMINATED",
    "temporarily halted": "SUSPENDED",
    "suspended by ca": "SUSPENDED",
    "prohibited by ca": "WITHDRAWN",
    "not authorised": "WITHDRAWN",
}
_PHASES = {
    "e71_human_pharmacology_phase_i": "PHASE1",
    "e72_therapeutic_exploratory_phase_ii": "PHASE2",
    "e73_therapeutic_confirmatory_phase_iii": "PHASE3",
    "e74_therapeutic_use_phase_iv": "PHASE4",
}
_AGES = (
    ("f112_preterm_newborn_infants_up_to_gestational_age__37_weeks", "0 Days", "0 Days"),
    ("f113_newborns_027_days", "0 Days", "27 Days"),
    ("f114_infants_and_toddlers_28_days23_months", "28 Days", "23 Months"),
    ("f115_children_211years", "2 Years", "11 Years"),
    ("f116_adolescents_1217_years", "12 Years", "17 Years"),
    ("f12_adults_1864_years", "18 Years", "64 Years"),
    ("f13_elderly_65_years", "65 Years", None),
)
_COUNTRIES = {
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany",
    "DK": "Denmark", "EE": "Estonia", "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom",
    "GR": "Greece", "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IS": "Iceland", "IT": "Italy",
    "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MT": "Malta",
    "NL": "Netherlands", "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SE": "Sweden",
    "SI": "Slovenia", "SK": "Slovakia",
}  # fmt: skip


def read(record: Record) -> Study:
    """Reads one protocol; the protocols of all countries under one EudraCT number are one trial."""
    number = words(record, "a2_eudract_number") or ""
    if not _NUMBER.match(number):
        raise RecordError("an EU CTR record without a EudraCT number", where=f"a2_eudract_number = {number!r}")
    country = _country(record, number)
    code = next((c for c, name in _COUNTRIES.items() if name == country), "3RD")
    said = words(record, "p_end_of_trial_status") or words(record, "x5_trial_status")
    ages = [(low, high) for key, low, high in _AGES if record.get(key) == "Yes"]
    youngest, oldest = (ages[0][0], ages[-1][1]) if ages else (None, None)
    enrolled = next(
        (
            n
            for k in ("f422_in_the_whole_clinical_trial", "f421_in_the_eea", "f41_in_the_member_state")
            if (n := _whole(record.get(k)))
        ),
        None,
    )
    women, men = (record.get(k) == "Yes" for k in ("f21_female", "f22_male"))
    entered = "x6_date_on_which_this_record_was_first_entered_in_the_eudract_database"
    taken = partial_date(record.get("record_last_import"))
    return Study(
        id=f"EUCTR{number}-{code}",
        registry="euctr",
        url=f"https://www.clinicaltrialsregister.eu/ctr-search/trial/{number}/{code}",
        title=words(record, "a31_title_of_the_trial_for_lay_people_in_easily_understood_ie_nontechnical_language")
        or words(record, "a3_full_title_of_the_trial"),
        official_title=words(record, "a3_full_title_of_the_trial"),
        acronym=words(record, "a32_name_or_abbreviated_title_of_the_trial_where_available"),
        status=STATUS.get((said or "").lower()),
        status_stated=said,
        study_type="INTERVENTIONAL",
        phases=tuple(phase for key, phase in _PHASES.items() if record.get(key) == "Yes"),
        enrollment=enrolled,
        enrollment_type="ESTIMATED" if enrolled is not None else None,
        enrollment_stated=None if enrolled is None else str(enrolled),
        sex="ALL" if women and men else "FEMALE" if women else "MALE" if men else None,
        minimum_age=youngest,
        maximum_age=oldest,
        minimum_age_years=age_in_years(youngest),
        maximum_age_years=age_in_years(oldest),
        healthy_volunteers={"Yes": True, "No": False}.get(str(record.get("f31_healthy_volunteers"))),
        has_results=True if "endPoints" in record else None,  # a protocol says nothing of results
        start=partial_date(record.get("n_date_of_competent_authority_decision"), "ESTIMATED"),
        completion=partial_date(at(record, "trialInformation.globalEndOfTrialDate", str), "ACTUAL"),
        first_posted=partial_date(record.get(entered)),
        summary=words(record, "e21_main_objective_of_the_trial"),
        description=words(record, "e22_secondary_objectives_of_the_trial"),
        eligibility=_criteria(record),
        conditions=tuple(
            dict.fromkeys(
                t
                for k in (
                    "e11_medical_conditions_being_investigated",
                    "e111_medical_condition_in_easily_understood_language",
                )
                if (t := words(record, k))
            )
        ),
        keywords=tuple(t for t in (words(record, "e112_therapeutic_area"),) if t),
        interventions=tuple(_products(record)),
        outcomes=tuple(_outcomes(record)),
        sponsors=tuple(_sponsors(record)),
        countries=(country,) if country else (),
        identifiers=tuple(dict.fromkeys(_identifiers(record))),
        as_of=taken.first if taken else "",
    )


def _country(record: Record, number: str) -> str | None:
    """The member state, from the record's own id or from the authority's name (`Belgium - FPS Health-DGM`)."""
    code = (words(record, "_id") or "").removeprefix(f"{number}-")
    authority = (words(record, "a1_member_state_concerned") or "").partition(" - ")[0]
    return _COUNTRIES.get(code) or (authority if authority in _COUNTRIES.values() else _COUNTRIES.get(code[:2]))


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,7}", value.strip()) else None


def _criteria(record: Record) -> str | None:
    blocks = [
        f"{heading} Criteria:\n\n{text}"
        for heading, key in (
            ("Inclusion", "e3_principal_inclusion_criteria"),
            ("Exclusion", "e4_principal_exclusion_criteria"),
        )
        if (text := words(record, key))
    ]
    return "\n\n".join(blocks) or None


def _products(record: Record) -> Any:
    for product in items(record, "dimp"):
        substances = [
            t for d in items(product, "d38_imp_identification_details") if (t := words(d, "d38_inn__proposed_inn"))
        ]
        names = [words(product, k) for k in ("d31_product_name", "d2111_trade_name", "d32_product_code")] + substances
        known = list(dict.fromkeys(n for n in names if n))
        if known:
            yield Intervention(known[0], "DRUG", words(product, "d34_pharmaceutical_form"), tuple(known[1:]))


def _outcomes(record: Record) -> Any:
    for rank, key, times in (
        ("primary", "e51_primary_end_points", "e511_timepoints_of_evaluation_of_this_end_point"),
        ("secondary", "e52_secondary_end_points", "e521_timepoints_of_evaluation_of_this_end_point"),
    ):
        if measure := words(record, key):
            yield Outcome(measure, rank, words(record, times))


def _sponsors(record: Record) -> Any:
    for i, sponsor in enumerate(items(record, "b1_sponsor")):
        if name := words(sponsor, "b11_name_of_sponsor"):
            kind = (words(sponsor, "b31_and_b32_status_of_the_sponsor") or "").lower()
            yield Sponsor(name, "collaborator" if i else "lead", "INDUSTRY" if kind == "commercial" else "OTHER")


def _identifiers(record: Record) -> Any:
    for key in (
        "a41_sponsors_protocol_code_number", "a51_isrctn_international_standard_randomised_controlled_trial_number",
        "a52_us_nct_clinicaltrialsgov_registry_number", "a53_who_universal_trial_reference_number_utrn",
        "a54_other_identifiers",
    ):  # fmt: skip
        if value := words(record, key):
            yield linking_number(value) or Identifier("ORG_STUDY_ID" if key.startswith("a41") else "OTHER", value)
