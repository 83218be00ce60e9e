"""A condition is true or false: a quantity alone, and a comparison that no patient decides, are refused."""

from __future__ import annotations

import pytest

from livingdrug.care.compiler import Programs
from livingdrug.care.truth import decided
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.spec.fields import expression

QUANTITIES = ("physiology.temperature", "drug.level", "weight", "time", "38 degC", "5", "0.5", "never", "share.cured",
              "first(fever)", "count(fever)", "given(tocilizumab)", "draw(x)", "crs.grade", "peak(crs.grade)", "level",
              "weight * 2", "-fever", "max(fever, 1)", "weight if fever else 3 kg", "fever + fever")  # fmt: skip
TRUTHS = ("fever", "male", "noted", "not fever", "weight > 30 kg", "fever and male", "crs.entry", "crs.grade2",
          "fever if male else not fever", "tocilizumab", "0 if fever else 1", "penn.fever")  # fmt: skip
WITHIN = ("{} and other", "other or {}", "not {}", "1 if {} else 2", "max(1 if {} else 2, 1) > 1",
          "other and (third or not {})", "0 if (other and {}) else 1")  # fmt: skip


def programs() -> Programs:
    made = Programs(
        {"physiology.temperature": "degC@37", "drug.level": "mg/L"},
        {"weight": "kg", "share.cured": "1", "male": "1"},
        drugs={"tocilizumab"},
        truths={"male"},
        levels={"crs.grade": 4},
    )
    for name in ("fever", "level", "noted", "crs.entry", "crs.grade", "crs.grade2", "other", "third"):
        made.watch(name)
    made.watch("tocilizumab", gives="tocilizumab")
    made.valued["level"] = expression("drug.level").node
    made.valued["noted"] = expression("drug.level > 3 mg/L").node
    made.meanings["penn.fever"] = expression("physiology.temperature >= 38 degC").node
    return made


def compiled(text: str, condition: bool = True) -> None:
    programs().compile(expression(text), where="protocol.toml:3", condition=condition)


def refused(text: str, condition: bool = True) -> str:
    with pytest.raises(LivingDrugError) as caught:
        compiled(text, condition)
    assert "protocol.toml:3" in str(caught.value) and "column" in str(caught.value)
    assert caught.value.mend
    return str(caught.value)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_quantity_is_no_condition(quantity: str) -> None:
    assert "is not true or false" in refused(quantity)
    for text in WITHIN:
        assert "is not true or false" in refused(text.format(f"({quantity})"), condition=False)


@pytest.mark.parametrize("truth", TRUTHS)
def test_what_is_true_or_false_is_one(truth: str) -> None:
    compiled(truth)
    for text in WITHIN:
        compiled(text.format(f"({truth})"), condition=False)


@pytest.mark.parametrize("word", ["0", "1", "true", "false"])
def test_always_and_never_may_be_said(word: str) -> None:
    compiled({"true": True, "false": False}.get(word, word))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "low", "high", "unit"),
    [("draw(x)", 0, 1, ""), ("crs.grade", 0, 4, ""), ("fever", 0, 1, ""), ("male", 0, 1, ""),
     ("count(fever)", 0, None, ""), ("given(tocilizumab)", 0, None, ""), ("done(tocilizumab)", 0, None, ""),
     ("since(fever)", 0, None, " h"),
     ("draw(x)", 0, 100, " %")],
)  # fmt: skip
def test_a_comparison_that_is_always_or_never_so_is_refused(
    left: str, low: float, high: float | None, unit: str
) -> None:
    """On either side of what can be; within it, and at its ends, a comparison may stand."""
    outside = [low - 1, *([] if high is None else [high + 1, 50 * high])]
    for number in outside:
        for sign in ("<", "<=", ">", ">=", "==", "!="):
            for text in (f"{left} {sign} {number}{unit}", f"{number}{unit} {sign} {left}"):
                told = refused(text)
                assert "always true" in told or "never true" in told
    for number in {low, 1 if high is None else high}:
        assert [s for s in ("<", "<=", ">", ">=", "==", "!=") if not _refused(f"{left} {s} {number}{unit}")]


def _refused(text: str) -> bool:
    try:
        compiled(text)
    except ScenarioError:
        return True
    return False


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_never_is_a_day_and_nothing_else(sign: str) -> None:
    for name in ("weight", "drug.level", "crs.grade", "count(fever)", "share.cured"):
        for text in (f"{name} {sign} never", f"never {sign} {name}"):
            with pytest.raises(LivingDrugError):
                compiled(text)
    assert _refused(f"time {sign} never") and _refused(f"last(fever) {sign} never")  # looked at on some day
    assert _refused(f"first(fever) {sign} never") == (sign in ("<=", ">"))


@pytest.mark.parametrize("name", ["weight", "first(fever)", "fever", "weight * 2"])
def test_nothing_is_compared_with_itself(name: str) -> None:
    for sign in ("<", "<=", ">", ">=", "==", "!="):
        assert "with itself" in refused(f"{name} {sign} ({name})")


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_what_is_decided_is_so_for_every_pair(sign: str) -> None:
    """Beside every pair of whole numbers within the spans."""
    tell = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__, "==": int.__eq__, "!=": int.__ne__}
    spans = [(a, b) for a in range(4) for b in range(a, 4)]
    for left in spans:
        for right in spans:
            pairs = {tell[sign](x, y) for x in range(left[0], left[1] + 1) for y in range(right[0], right[1] + 1)}
            assert decided(sign, left, right) == (pairs.pop() if len(pairs) == 1 else None), (left, sign, right)


def test_where_nobody_looks_there_is_no_moment_and_no_chance() -> None:
    made = Programs({"end_day": "day"}, {}, looking=False, drawing=False)
    made.watch("fever")
    for text, told in (
        ("time > 3 d", "nothing is called 'time'"),
        ("since(fever) > 3 d", "ask for the day: last"),
        ("since_done(fever) > 3 d", "ask for the day: last_done"),
        ("draw(x) < 0.5", "no chance is drawn here"),
    ):
        with pytest.raises(ScenarioError) as caught:
            made.compile(expression(text))
        assert told in str(caught.value)
