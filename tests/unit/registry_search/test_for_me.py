"""Could it be for me: every answer has its words of the record, and what is not certain is asked."""

from __future__ import annotations

import pytest
from cart_records import study
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.registry.records.study import Study
from livingdrug.registry.reports.eligibility import ages_said, criteria
from livingdrug.registry.reports.for_me import Person, Verdict, could_it_be

UNITS = {"year": 1.0, "month": 12.0, "week": 52.1775, "day": 365.2425}
LOW = (
    "Age ≥ {n} {u}",
    "Aged {n} {u} or older",
    "Patients must be at least {n} {u} old at the time of consent",
    "Male or female, {n} {u} of age and above",
    "Age >= {n} {u}, regardless of gender",
    "Age greater than or equal to {n} {u}",
    "Participants {n} {u} and older at screening;",
)
HIGH = (
    "Age ≤ {n} {u}",
    "Aged {n} {u} or younger",
    "Age up to {n} {u}",
    "No older than {n} {u} old at enrollment.",
    "Patients aged less than or equal to (≤) {n} {u}",
)
BETWEEN = (
    "Age {a}-{b} {u}",
    "Aged between {a} and {b} {u}, inclusive",
    "Male and female subjects from {a} to {b} {u} of age",
    "Age ≥ {a} and ≤ {b} {u}",
    "{a} {u} to {b} {u} old, either sex.",
    "Age: {a} – {b} {u}",
)
DOUBT = (
    "Not younger than expected; age {n} {u} is not allowed",
    "Cohort B: age ≥ {n} {u}",
    "Women aged ≥ {n} {u}",
    "Patients aged ≥ {n} {u} unless fit",
    "Age ≥ {n} {u} or a donor",
    "Patients should not be aged ≥ {n} {u}",
    "Diagnosed before the age of {n} {u}",
    "For age ≥ {n} {u}: clearance above 60 mL/min",
)
units = st.sampled_from(["year", "month", "week", "day"])


def written(unit: str, n: int) -> str:
    return unit if n == 1 else f"{unit}s"


def about_age(text: str, section: str, age: float, **said: object) -> Verdict:
    record = study("A trial", eligibility=f"{section} Criteria:\n\n* {text}\n* Able to walk", **said)
    return next(v for v in could_it_be(record, Person(age=age)).verdicts if "age" in v.question)


@given(st.sampled_from(LOW), units, st.integers(1, 90), st.floats(0, 100))
def test_a_least_age_is_read(form: str, unit: str, n: int, age: float) -> None:
    text = form.format(n=n, u=written(unit, n))
    limit = n / UNITS[unit]
    found = about_age(text, "Inclusion", age)
    assert found.answer == ("yes" if age >= limit else "no")
    assert found.quote and found.quote in text
    assert about_age(text, "Exclusion", age).answer == ("no" if age >= limit else "yes")


@given(st.sampled_from(HIGH), units, st.integers(1, 90), st.floats(0, 100))
def test_a_greatest_age_leaves_the_last_unit_open(form: str, unit: str, n: int, age: float) -> None:
    """`to 75 years` may or may not mean the months after the 75th birthday."""
    low, high = n / UNITS[unit], (n + 1) / UNITS[unit]
    expected = "yes" if age <= low else "no" if age >= high else "ask"
    assert about_age(form.format(n=n, u=written(unit, n)), "Inclusion", age).answer == expected


@given(st.sampled_from(BETWEEN), st.integers(1, 40), st.integers(1, 40), st.floats(0, 100))
def test_ages_between(form: str, a: int, more: int, age: float) -> None:
    b = a + more
    answer = about_age(form.format(a=a, b=b, u="years"), "Inclusion", age).answer
    assert answer == ("yes" if a <= age <= b else "no" if age < a or age >= b + 1 else "ask")


@given(st.sampled_from(DOUBT), units, st.integers(1, 90), st.floats(0, 100))
def test_what_has_a_condition_or_a_negation_is_asked(form: str, unit: str, n: int, age: float) -> None:
    assert about_age(form.format(n=n, u=written(unit, n)), "Inclusion", age).answer == "ask"


@given(st.sampled_from(("Over", "Older than", "Age >", "Above")), st.integers(1, 80), st.floats(0, 100))
def test_over_eighteen_leaves_eighteen_open(word: str, n: int, age: float) -> None:
    answer = about_age(f"{word} {n} years of age", "Inclusion", age).answer
    assert answer == ("no" if age < n else "ask" if age < n + 1 else "yes")


@given(st.integers(1, 60), st.integers(1, 30), st.floats(0, 100))
def test_excluded_ends(a: int, more: int, age: float) -> None:
    b = a + more
    answer = about_age(f"Age < {a} or > {b} years", "Exclusion", age).answer
    # as with "over 18": who is b years old may be older than b
    assert answer == ("no" if age < a or age >= b + 1 else "yes" if age < b else "ask")


@given(st.integers(0, 60), st.integers(1, 40), st.floats(0, 100))
def test_the_registrys_own_limits(low: int, more: int, age: float) -> None:
    """`17 Years` lasts until the 18th birthday."""
    found = about_age("Able to sit", "Inclusion", age, ages=(f"{low} Years", f"{low + more} Years"))
    assert found.answer == ("yes" if low <= age < low + more + 1 else "no")
    assert f"{low} Years" in found.quote


def test_a_sentence_that_says_otherwise_makes_it_an_ask() -> None:
    limits = ("18 Years", "75 Years")
    assert about_age("Age 18-65 years", "Inclusion", 70, ages=limits).answer == "ask"
    assert about_age("Age ≥ 12 years", "Inclusion", 15, ages=limits).answer == "ask"
    assert about_age("Age 18-75 years", "Inclusion", 70, ages=limits).answer == "yes"
    assert about_age("Age 18-75 years", "Inclusion", 80, ages=limits).answer == "no"


def test_a_record_without_ages_is_asked() -> None:
    found = about_age("Able to walk far", "Inclusion", 40)
    assert (found.answer, found.quote) == ("ask", "")


@given(st.text(max_size=300), st.floats(0, 120))
def test_any_text_is_answered_with_its_own_words(text: str, age: float) -> None:
    record = study("A trial", eligibility=text, conditions=["Sickness"])
    person = Person(age, "female", text[:50] or "x", 2, True, (48.0, 11.0), 100)
    found = could_it_be(record, person)
    body = f"{record.eligibility} {record.conditions} {record.title} {record.status} sex: ALL RECRUITING"
    for verdict in found.verdicts:
        assert verdict.answer in ("yes", "no", "ask") and verdict.why.endswith(".")
        assert "eligible" not in verdict.why.lower()
        assert all(line in body for line in verdict.quote.split("; ")), verdict
    assert sum(found.counts().values()) == len(found.verdicts)


@given(st.text(alphabet="ageold 0123456789-≥<>ysmonthrupwi\n:*", max_size=80))
def test_what_is_read_is_a_range(text: str) -> None:
    for said in ages_said(f"Inclusion Criteria:\n{text}"):
        for one in said.ages or ():
            assert one.low or one.high
            assert not (one.low and one.high) or one.low.years < one.high.years


def test_sections() -> None:
    text = "Key Inclusion Criteria:\n\n1. One. Two\nExclusion criteria\n- Three\nDonor inclusion criteria:\n* Four"
    assert [(c.text, c.section) for c in criteria(text)] == [
        ("One.", "inclusion"), ("Two", "inclusion"), ("Three", "exclusion"), ("Four", ""),
    ]  # fmt: skip
    assert [c.section for c in criteria("Inclusion: A\nExclusion: B")] == ["inclusion", "exclusion"]
    assert criteria(None) == ()


@pytest.mark.parametrize(
    ("record", "sex", "answer"),
    [
        ({"sex": "ALL"}, "female", "yes"),
        ({"sex": "ALL"}, "male", "yes"),
        ({"sex": "FEMALE"}, "female", "yes"),
        ({"sex": "FEMALE"}, "male", "no"),
        ({"sex": "MALE"}, "female", "no"),
        ({"sex": ""}, "female", "ask"),
        ({"sex": "ALL", "eligibility": "Inclusion Criteria:\n* Cohort A: female only"}, "male", "ask"),
    ],
)
def test_sex(record: dict[str, str], sex: str, answer: str) -> None:
    found = could_it_be(study("A trial", **record), Person(sex=sex))
    assert found.verdicts[-1].answer == answer


@pytest.mark.parametrize(
    ("condition", "stated", "eligibility", "answer"),
    [
        ("DLBCL", ["Diffuse Large B-cell Lymphoma"], "", "yes"),
        ("lupus", ["Systemic Lupus Erythematosus"], "", "yes"),
        ("lymphoma", ["Mantle Cell Lymphoma"], "", "ask"),
        ("mantle cell lymphoma", ["Lymphoma"], "", "ask"),
        ("lupus", ["Mantle Cell Lymphoma"], "", "no"),
        ("lupus", ["Mantle Cell Lymphoma"], "Exclusion Criteria:\n* History of lupus", "ask"),
        ("lupus", ["Lupus", "Vasculitis"], "Exclusion Criteria:\n* Lupus of the brain", "ask"),
        ("a rare thing", ["Mantle Cell Lymphoma"], "", "ask"),
        ("lupus", [], "", "ask"),
    ],
)
def test_condition(condition: str, stated: list[str], eligibility: str, answer: str) -> None:
    record = study("A trial", conditions=stated, eligibility=eligibility)
    assert could_it_be(record, Person(condition=condition)).verdicts[-1].answer == answer


@given(
    st.integers(1, 9),
    st.integers(0, 12),
    st.sampled_from(
        ("At least {n} prior lines of therapy", "≥ {n} prior regimens", "Received a minimum of {n} previous lines")
    ),
)
def test_least_lines(n: int, lines: int, form: str) -> None:
    record = study("A trial", eligibility=f"Inclusion Criteria:\n* {form.format(n=n)}")
    assert could_it_be(record, Person(lines=lines)).verdicts[-1].answer == ("yes" if lines >= n else "no")


@pytest.mark.parametrize(
    ("text", "lines", "answer"),
    [
        ("Inclusion Criteria:\n* No more than 3 prior lines of therapy", 4, "no"),
        ("Inclusion Criteria:\n* No more than 3 prior lines of therapy", 2, "yes"),
        ("Inclusion Criteria:\n* Two or more prior lines of therapy", 1, "no"),
        ("Inclusion Criteria:\n* At least 2 prior lines unless transplant was refused", 1, "ask"),
        ("Inclusion Criteria:\n* Cohort A: at least 2 prior lines", 1, "ask"),
        ("Inclusion Criteria:\n* At least 2 prior lines\n* At least 1 prior line with a drug", 1, "ask"),
        ("Exclusion Criteria:\n* At least 2 prior lines of therapy", 3, "ask"),
        ("Able to walk", 3, "ask"),
    ],
)
def test_lines_of_treatment(text: str, lines: int, answer: str) -> None:
    assert could_it_be(study("A trial", eligibility=text), Person(lines=lines)).verdicts[-1].answer == answer


@pytest.mark.parametrize(
    ("text", "had", "answer"),
    [
        ("Exclusion Criteria:\n* Prior CAR-T cell therapy", True, "no"),
        ("Exclusion Criteria:\n* Prior CAR-T cell therapy", False, "yes"),
        ("Exclusion Criteria:\n* Prior CAR-T cell therapy within 6 months", True, "ask"),
        ("Exclusion Criteria:\n* Prior CAR-T cell therapy other than this", True, "ask"),
        ("Exclusion Criteria:\n* History of allergy to CAR-T cells", True, "ask"),
        ("Exclusion Criteria:\n* No prior CAR-T cell therapy", True, "ask"),
        ("Inclusion Criteria:\n* Prior CAR-T cell therapy is allowed", True, "ask"),
        ("Inclusion Criteria:\n* Able to walk", True, "ask"),
    ],
)
def test_earlier_cells(text: str, had: bool, answer: str) -> None:
    assert could_it_be(study("A trial", eligibility=text), Person(had_car=had)).verdicts[-1].answer == answer


MUNICH = (48.14, 11.58)


@pytest.mark.parametrize(
    ("sites", "within", "answer"),
    [
        ([("Munich", "Germany", 48.1, 11.6, "RECRUITING")], 50, "yes"),
        ([("Munich", "Germany", 48.1, 11.6, "COMPLETED")], 50, "ask"),
        ([("Lyon", "France", 45.8, 4.8, "RECRUITING")], 100, "no"),
        ([("Lyon", "France", 45.8, 4.8, "RECRUITING")], 900, "yes"),
        ([], 100, "ask"),
    ],
)
def test_place(sites: list[tuple], within: float, answer: str) -> None:
    found = could_it_be(study("A trial", sites=sites), Person(point=MUNICH, within=within)).verdicts[-1]
    assert found.answer == answer
    assert not sites or sites[0][0] in found.quote


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("RECRUITING", "yes"),
        ("NOT_YET_RECRUITING", "ask"),
        ("UNKNOWN", "ask"),
        ("COMPLETED", "no"),
        ("TERMINATED", "no"),
    ],
)
def test_open(status: str, answer: str) -> None:
    first = could_it_be(study("A trial", status=status), Person()).verdicts[0]
    assert (first.answer, first.quote) == (answer, status)


def test_only_answered_questions_are_asked() -> None:
    assert len(could_it_be(study("A trial"), Person()).verdicts) == 1
    assert not Person().says and Person(age=3).says
    assert isinstance(study("A trial"), Study)
