"""What living figures say before a script runs, and that the gallery forgets nothing."""

from __future__ import annotations

import copy
import inspect
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug import plot
from livingdrug.errors import LivingDrugError
from livingdrug.web import chances, crowds, drawn, figures, living, making

STATIC = Path(figures.__file__).parent / "static"


@pytest.mark.parametrize(
    "x, digits, text",
    [
        (39.94, 1, "39.9"),
        (1234.5, 0, "1,235"),
        (-0.2, 0, "0"),
        (-12.34, 1, "−12.3"),
        (math.nan, 1, "–"),
        (0.3, "amount", "fewer than 1"),
        (340.2, "amount", "340"),
        (225_000, "amount", "230,000"),
        (2.5e11, "amount", "250 billion"),
        (1.43e12, "amount", "1.4 trillion"),
    ],
)
def test_numbers_as_readers_see_them(x: float, digits: int | str, text: str) -> None:
    assert drawn.said(x, digits) == text


@given(st.floats(10, 1e14))
def test_an_amount_keeps_two_digits(x: float) -> None:
    text = drawn.said(x, "amount")
    number, _, word = text.partition(" ")
    size = {w: s for s, w in drawn.LARGE}.get(word, 1.0)
    assert float(number.replace(",", "")) * size == pytest.approx(x, rel=0.051)


@pytest.mark.parametrize("name", figures.names())
def test_a_figure_says_what_it_must(name: str) -> None:
    spec = figures.spec(name)
    assert spec["title"] and len(spec["under"]) > 40 and len(spec["limits"]) > 80
    assert len(spec["input"]) >= 2 and "when" not in spec["says"][-1], "the last sentence holds always"
    for slider in spec["slider"]:
        assert slider["low"] <= slider["first"] <= slider["high"] and slider["unit"]
    known = {*spec.get("measures", {}), *figures.first(spec)} | {
        "curves": set(),
        "people": {"n0", "n1", "n2", "more0", "more1", spec.get("middle", "n0")},
        "rate": {"seen", "low", "high", "width", "below", "hit"},
        "survival": {"share", "risk", "events", "censored"},
        "moments": {*spec["digits"]},
    }[spec["kind"]]
    for rule in spec["says"]:
        assert set(re.findall(r"{(\w+)}", rule["text"])) <= known
        for left, sign, right in rule.get("when", []):
            assert left in known and sign in drawn.SIGNS
            assert not isinstance(right, str) or right in known or any(c["name"] == left for c in spec["choice"])


@pytest.mark.parametrize("name", figures.names())
def test_a_page_that_comes_before_the_drawings_shows_axes_and_says_so(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from livingdrug.web import paper

    begun: list[int] = []
    monkeypatch.setattr(living, "kept", lambda what: tmp_path / what)
    monkeypatch.setattr(living, "begin", lambda: begun.append(1))
    text = paper.render(f"figures/{name}.html")
    assert begun and "load the page again" in text and "Where it does not hold" in text
    assert text.count("<figure") == 1 and f'id="{name}"' in text


def test_a_misspelt_figure_is_told() -> None:
    with pytest.raises(LivingDrugError, match="build-a-car"):
        figures.spec("build-a-care")


@pytest.mark.parametrize(
    "name", [n for n in figures.names() if any("sets" in s for s in figures.spec(n).get("slider", []))]
)
def test_a_slider_that_sets_no_number_of_the_model_is_refused(name: str) -> None:
    """As the script throws: `integrator.js` knows every value of its model."""
    figure = copy.deepcopy(figures.spec(name))
    slider = next(s for s in figure["slider"] if "sets" in s)
    right = slider["sets"]
    slider["sets"] = right[:-2] + right[-1:]
    ask = making.asked if figure["model"] == "making" else figures.ask
    with pytest.raises(LivingDrugError) as caught:
        ask(figure, figures.first(figure))
    assert caught.value.nearest == right


def test_a_line_that_holds_until_the_next_time() -> None:
    xs, ys = drawn.stairs(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0]))
    assert list(zip(xs, ys)) == [(0, 0), (1, 0), (1, 1), (2, 1), (2, 1)]


@pytest.mark.parametrize("name", ["growing-cells", "waiting-weeks"])
def test_a_curve_ends_when_what_it_tells_is_done(name: str) -> None:
    figure = figures.spec(name)
    first, last = figure["days"]
    done = figures.first(figure)[figure["along"]["most"]]
    for panel in figures.still(name)["panels"]:
        steps = [int(x) for x in re.findall(r"[Ml](-?\d+)", panel["d"])]
        assert sum(steps) == round(drawn.BOX * (done - first) / (last - first)) < drawn.BOX


@given(st.integers(1, 300), st.data())
def test_an_exact_interval_holds_its_rate(n: int, data: st.DataObject) -> None:
    from scipy.stats import binom

    k = data.draw(st.integers(0, n))
    low, high = chances.interval(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert k == 0 or binom.sf(k - 1, n, low) == pytest.approx(0.025, rel=1e-6)
    assert k == n or binom.cdf(k, n, high) == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize("birth, death, cells", [(0.2, 0.05, 1), (0.1, 0.3, 7), (0.4, 0.39, 20)])
def test_the_last_cells_die_out_as_the_linear_process_says(birth: float, death: float, cells: int) -> None:
    times = np.linspace(0, 60, 6001)
    found = {"tumour.negative": cells * np.exp((birth - death) * times)}
    made = chances.survivors([np.zeros(1)], found, {"growth": birth - 0.01, "turnover": 0.01, "cells": cells}, times)
    growth = np.exp((birth - death) * times)
    gone = (death * (growth - 1) / (birth * growth - death)) ** cells
    np.testing.assert_allclose(made[2], 100 * gone, atol=1e-3)
    np.testing.assert_allclose(made[1] * (1 - gone), found["tumour.negative"], rtol=1e-4)


def test_what_the_model_is_asked_for_is_a_change_of_the_librarys() -> None:
    spec = figures.spec("sixty-days")
    plain = figures.ask(spec, figures.first(spec))
    given_ = living.therapy().given
    assert [d[1] for d in plain.doses].count(given_["tocilizumab"].into) == 0
    assert len(plain.doses) == len(given_["fludarabine"].days) + len(given_["cyclophosphamide"].days) + 1
    pressed = figures.ask(spec, {**figures.first(spec), "toci": 5.0})
    day, into, amount, over = next(d for d in pressed.doses if d[1] == given_["tocilizumab"].into)
    assert (day, amount) == (5.0, pytest.approx(8 * living.therapy().typical["weight"])) and over > 0
    assert given_["tocilizumab"].of({"weight": 20.0}) == pytest.approx(12 * 20)  # small children, as the library says
    assert given_["tocilizumab"].of({"weight": 150.0}) == pytest.approx(800)


def test_every_kind_of_chart_is_in_the_gallery() -> None:
    from livingdrug.web.pages import _charts

    drawing = {n for n in plot.__all__ if inspect.isfunction(getattr(plot, n))}
    assert drawing == {name for name, _ in _charts.charts()}


def test_scripts_ask_nobody_and_carry_no_markup() -> None:
    for path in (STATIC / "figures").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        asked = re.findall(r"https?://[^\s\"`]+", text)
        assert set(asked) <= {"http://www.w3.org/2000/svg"}, path.name
        assert "innerHTML" not in text.replace("outerHTML", "") and "eval(" not in text, path.name


# ---- the steps before infusion, and the crowds of several trials ----

STEPS = [n for n in figures.names() if figures.spec(n).get("model") == "making"]


def test_every_number_of_the_steps_is_written_once_and_before_it_is_read() -> None:
    text = making.module()
    body = text.split("function constants(asked) {")[1].split("return")[0]
    seen: set[str] = set()
    for name, formula in re.findall(r"^const (\w+) = (.*);$", body, re.MULTILINE):
        assert name not in seen, name
        assert {x for x in re.findall(r"[a-z_]\w*", re.sub(r'v\["[^"]*"\]', "", formula))} <= seen | {
            "exp",
            "log",
            "e",
            "usual",
            "asked",
        }
        seen.add(name)


@given(st.sampled_from(STEPS), st.data())
def test_a_slider_brings_a_number_to_what_it_says(name: str, data: st.DataObject) -> None:
    spec = figures.spec(name)
    for slider in [s for s in spec["slider"] if "reaches" in s]:
        x = data.draw(st.floats(slider["low"], slider["high"]))
        state = {**figures.first(spec), slider["name"]: x}
        reached = making.making().constants(making.asked(spec, state))[slider["reaches"]]
        assert float(reached) == pytest.approx(x * slider.get("times", 1), rel=1e-6)


def test_who_is_lost_at_first_is_who_the_library_loses() -> None:
    from livingdrug.trial.before_infusion import INFUSED, before_infusion

    made, spec = making.making(), figures.spec("hundred-waiting")
    status = before_infusion(made.resolved, made.people, made.resolved.protocol.follow_up).status
    state = {**figures.first(spec), "wait": float(made.constants({})["journey.days"])}
    groups, *_ = making.waiting(spec, state)
    assert [g == 2 for g in groups] == [s == INFUSED for s in status]


def test_the_trials_of_a_figure_are_those_of_its_choice_and_no_other_is_made() -> None:
    from livingdrug.web import assets
    from livingdrug.web.refused import Refused

    assert crowds.trials() == tuple(t for t, _ in figures.spec("brain-by-product")["choice"][0]["options"])
    with pytest.raises(Refused, match="karmma"):
        assets.asset("models/karmma.js")
