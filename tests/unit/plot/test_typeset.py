"""Pages as they are set: signs, powers, units and quotation marks, and nothing of the markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from livingdrug.plot.typeset import _UNITS, typeset
from thoroughness import some

RAW = re.compile(r"\d[eE][-+]?\d|(?<![\w.,–-])-\d|['\"]|\bm2\b|\bu[gLm]\b")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("<td>-0.533 (-1.7 to +0.2)</td>", "<td>−0.533 (−1.7\xa0to\xa0+0.2)</td>"),
        ("<td>9</td><td>-1</td>", "<td>9</td><td>−1</td>"),
        ("<td>4.48e-07</td>", "<td>4.48\xa0×\xa010⁻⁷</td>"),
        ("<td>2.5×10⁸ to 3×10⁻⁹</td>", "<td>2.5\xa0×\xa010⁸\xa0to\xa03\xa0×\xa010⁻⁹</td>"),
        ("<td>1.75e+05</td>", "<td>175,000</td>"),
        ("<p>0 per um^2, 1.5e-8 uL/um^3/d, mm2, a m2</p>", "<p>0 per µm², 1.5\xa0×\xa010⁻⁸\xa0µL/µm³/d, mm², a m²</p>"),
        ("<p>fever of 38.6 C, mg/m2, copies/ug</p>", "<p>fever of 38.6\xa0°C, mg/m², copies/µg</p>"),
        ("<p>'so', \"and\" patients' own; it&#39;s</p>", "<p>‘so’, “and” patients’ own; it’s</p>"),
        ("<p>the <em>word</em>'s end</p>", "<p>the <em>word</em>’s end</p>"),
        ("<p>35.5 of 45, 19.3 million</p>", "<p>35.5\xa0of\xa045, 19.3\xa0million</p>"),
        ("<p>-3 to -1, 5 % to 7 %, 24 pg/mL</p>", "<p>−3\xa0to\xa0−1, 5\xa0%\xa0to\xa07\xa0%, 24\xa0pg/mL</p>"),
        ("<p>on 1 December 2026, by 4 Mayors</p>", "<p>on 1\xa0December 2026, by 4 Mayors</p>"),
        ("<p>growth x drive x exp(t)</p>", "<p>growth × drive × exp(t)</p>"),
        ("<p>x 1.3; x: ratio; 5 %</p>", "<p>× 1.3; ×: ratio; 5\xa0%</p>"),
    ],
)
def test_what_is_raw_is_set(raw: str, said: str) -> None:
    assert typeset(raw) == said and typeset(said) == said


@pytest.mark.parametrize(
    "kept",
    ["CAR-T, IL-6, 4-1BB, CD19-positive, B7-H3, NCT04000001, 2026-11-30, 2015-04, phase 1-2, COVID-19, 90-day, a-5",
     "vitamin C 5 C-reactive", "Section 3e5x", "x-ray, x and y", "9 dogs, 4 more of 3a",  "CD19 cells, day 7 cell"],
)  # fmt: skip
def test_names_and_dates_stay(kept: str) -> None:
    assert typeset(f"<p>{kept}</p>") == f"<p>{kept}</p>"


UNITS = "mg g kg ug/mL ng/mL mL/min L mm um m2 nmol/L Gy IU degC cells cells/uL copies d h days months years % million"


@settings(max_examples=some(100))
@given(st.decimals(-1000, 1000, places=1), st.sampled_from(UNITS.split()), st.sampled_from([".", ",", "", " on", ")"]))
def test_a_number_and_its_unit_stay_on_one_line(number: object, unit: str, after: str) -> None:
    said = typeset(f"<p>of {number} {unit}{after}</p>")
    assert said.count(" ") == 1 + after.count(" ") and said.count("\xa0") == 1


@pytest.mark.parametrize("tag", ["code", "pre", "script", "textarea", "math", "q", "svg"])
def test_what_is_typed_or_quoted_stays(tag: str) -> None:
    text = f"<p><{tag} class='x'>-1e-9 'm2' \"C\"</{tag}></p>"
    assert typeset(text) == text


@settings(max_examples=some(200))
@given(st.lists(st.text(st.sampled_from("ab1-9.e+'\" <>&x%mu2gC#;3"), max_size=12), max_size=5))
def test_any_text_is_set_and_no_tag_is_made_or_lost(texts: list[str]) -> None:
    page = "".join(f'<p title="-1 {escape(t)}">{escape(t)}<b>{escape(t)}</b></p>' for t in texts)
    made = typeset(page)
    assert re.findall(r"<[^>]*>", made) == re.findall(r"<[^>]*>", page)
    assert made.count("<") == page.count("<") and not re.search(r"['\"]", re.sub(r"<[^>]*>", "", made))


def test_a_page_ties_what_it_redraws_as_the_server_does() -> None:
    from importlib import resources

    says = resources.files("livingdrug.web").joinpath("static", "figures", "says.js").read_text()
    assert f"String.raw`{_UNITS}`" in says
