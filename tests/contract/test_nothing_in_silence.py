"""What a user wrote and nobody would look at, or nobody could mean, is refused or told: generated, a kind a test."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livingdrug
from livingdrug import library
from livingdrug.care.writer import LIVING
from livingdrug.cli.sweep import spread
from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.library.located import Place, placed
from livingdrug.parameters import SOURCE_KEYS
from livingdrug.scenario import resolve
from livingdrug.spec.clock import clock, duration
from livingdrug.spec.grammar import parse
from livingdrug.spec.scale import Scale
from livingdrug.spec.scenario import outer
from livingdrug.spec.typed import read
from livingdrug.trial.drawn import drawn
from thoroughness import some_of

TRIAL = 'trial = "eliana"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trial(text: str, sets: dict[str, Any] | None = None) -> livingdrug.Trial:
    Path("mine.toml").write_text(TRIAL + text, encoding="utf-8")
    found = livingdrug.Trial("mine.toml", sets)
    found.check()
    return found


def notes(found: livingdrug.Trial) -> str:
    return "\n".join(n for arm in found.resolved.arms for n in (*arm.resolved.notes, *found.design(arm).notes))


def refused(text: str, sets: dict[str, Any] | None = None) -> LivingDrugError:
    """The error of a scenario, which says where, and how to mend it or what is allowed."""
    with pytest.raises(LivingDrugError) as caught:
        trial(text, sets)
    problem = caught.value
    assert problem.where and (problem.mend or problem.allowed or problem.nearest), problem
    return problem


# --- words that nobody looks at --------------------------------------------------------------------------------------


def test_visits_at_which_nobody_looks_are_told() -> None:
    assert "'mine' (mine.toml:3)" in notes(trial("[visits]\nmine = [5]\n"))
    looked = '[visits]\nmine = [5]\n[[protocol.watch]]\nname = "w"\nvalue = "tumour.burden"\ncheck = "at mine visits"\n'
    assert "'mine'" not in notes(trial(looked))
    assert "nobody looks" not in notes(livingdrug.Trial("eliana"))


@pytest.mark.parametrize(("drug", "stem"), [("anakinra", "anakinra"), ("siltuximab2", "tocilizumab")])
def test_a_drug_that_nothing_gives_is_told(drug: str, stem: str) -> None:
    role = f'[modules]\n"drug.{drug}" = "{stem}"\n'
    assert f"nothing gives 'drug.{drug}' (mine.toml:3)" in notes(trial(role))
    rule = f'[[protocol.rule]]\nname = "r"\nwhen = "crs.grade >= 2"\ndo = {{ give = "{drug}", amount = "8 mg/kg" }}\n'
    assert "nothing gives" not in notes(trial(role + rule + 'kind = "assumed"\nwhy = "a test"\n'))


def test_a_misspelt_chance_is_told_with_the_right_one() -> None:
    base = resolve("eliana")
    words = drawn(base.trial, base.protocol)
    assert len(words) >= 2
    for word in words:
        for wrong in (word[:3] + word[4:], word[:2] + word[2] + word[2:], word + "s"):
            problem = refused(f'[[column]]\nname = "c"\nvalue = "draw({wrong}) < 20 %"\n')
            assert problem.nearest == word and problem.where == "mine.toml:4"
        trial(f'[[column]]\nname = "c"\nvalue = "draw({word}) < 20 %"\n')
    trial('[[column]]\nname = "c"\nvalue = "draw(quite_another) < 20 %"\n')


def test_a_number_that_cites_nothing_known_is_refused() -> None:
    known = next(iter(resolve("eliana").trial.sources))
    text = '[kinetics.growth]\nvalue = 1\nkind = "fitted"\nsource = "{}"\n'
    wrong = known[:3] + known[4:]
    problem = refused(text.format(wrong))
    assert problem.nearest == known and problem.where == "mine.toml:5"
    trial(text.format(known))
    trial(text.format("own2020") + '[sources.own2020]\ntitle = "A paper"\n')


@pytest.mark.parametrize("key", [k for k in SOURCE_KEYS if len(k) > 3])
def test_a_misspelt_key_of_a_source_is_told_with_the_right_one(key: str) -> None:
    problem = refused(f'[sources.own2020]\ntitle = "A paper"\n{key[:2] + key[3:]} = "x"\n')
    assert problem.nearest == key and problem.where == "mine.toml:4"


def test_a_path_that_is_a_drug_names_its_role() -> None:
    roles = [role for role in resolve("eliana").modules if "." in role]
    for role in roles:
        for value in ("", "2"):
            assert refused("", {role.rpartition(".")[2]: value}).nearest == role


# --- what nobody can mean --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [-2, 0.5, 3, 28])
def test_the_first_infusion_is_on_day_0(day: float) -> None:
    rows = [d.name for d in resolve("eliana").protocol.schedule if d.give == "infusion"]
    assert len(rows) > 1
    for name in rows:
        problem = refused(f'[[protocol.schedule]]\nname = "{name}"\ndays = [{day}]\n')
        assert problem.where == "mine.toml:4" and problem.allowed == "day 0"
    again = (
        '[[protocol.schedule]]\nname = "again"\ngive = "infusion"\namount = "1e8 cell"\nkind = "assumed"\nwhy = "x"\n'
    )
    trial(f"{again}days = [{abs(day)}]\n")


@pytest.mark.parametrize("degrees", some_of([37.0 - LIVING - 0.1, 0.0, 100.4, 380.0, 37.0 + LIVING + 0.1]))
def test_degrees_of_no_living_body_are_refused(degrees: float) -> None:
    for when in (f"physiology.temperature >= {degrees} degC", f"{degrees} degC < physiology.temperature"):
        assert "no living body" in refused(f'[[protocol.rule]]\nname = "tocilizumab"\nwhen = "{when}"\n').what
    trial('[[protocol.rule]]\nname = "tocilizumab"\nwhen = "physiology.temperature >= 41.5 degC"\n')


@pytest.mark.parametrize(
    "amount", some_of(["weight", "2 * weight", "weight / 2", "bsa", "min(weight, 80 kg)", "-weight * -1"], one_in=3)
)
def test_a_property_of_the_body_is_no_amount_of_a_drug(amount: str) -> None:
    rule = '[[protocol.rule]]\nname = "tocilizumab"\ndo = {{ give = "tocilizumab", amount = "{}" }}\n'
    refused(rule.format(amount))
    for good in ("8 mg/kg", "8 mg/kg * weight", "8 mg/kg * min(weight, 80 kg)", "400 mg"):
        trial(rule.format(good))


@pytest.mark.parametrize("said", some_of(["true", "false", "1", '"1 > 0"', '"3 mg > 2 mg"']))
def test_a_scale_that_asks_nothing_of_the_patient_is_refused(said: str) -> None:
    whole = 'title = "x"\n[meanings]\npressor = {}\n[entry]\nwhen = "pressor"\n[[grade]]\ngrade = 1\nwhen = {}\n'
    asked = '"physiology.pressor >= 1"'
    for line, meaning, grade in ((3, said, asked), (8, asked, said)):
        Path("mine_scale.toml").write_text(whole.format(meaning, grade), encoding="utf-8")
        with pytest.raises(ScenarioError, match="in every patient") as caught:
            read(Scale, library.read(Path("mine_scale.toml")).table)
        assert caught.value.where == f"mine_scale.toml:{line}" and caught.value.mend


def test_the_text_of_a_scale_is_part_of_the_run(folder: Path) -> None:
    penn = library.find("scales", "penn").text
    (folder / "penn.toml").write_text(penn, encoding="utf-8")
    first = trial('scale = "penn.toml"\n').resolved.hash
    assert trial('scale = "penn.toml"\n').resolved.hash == first
    (folder / "penn.toml").write_text(
        penn.replace("38.0 degC", "38.5 degC").replace("38 degC", "38.5 degC"), encoding="utf-8"
    )
    changed = trial('scale = "penn.toml"\n')
    assert "38.5 degC" in (folder / "penn.toml").read_text(encoding="utf-8") and changed.resolved.hash != first
    saved = livingdrug.load(changed.run(patients=3).save(folder / "run"))  # a warning would be an error of the test
    assert saved.resolved.hash == livingdrug.Trial(folder / "run" / "scenario.toml").resolved.hash


UNSEEN = st.text(st.characters(categories=["Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=5)


@given(UNSEEN, st.sampled_from(["{}", "a{}b", "arm{}"]))
def test_the_name_of_an_arm_can_be_read_on_one_line(unseen: str, shape: str) -> None:
    name = shape.format(unseen)
    if name.strip() and name.isprintable():
        return
    with pytest.raises(ScenarioError, match="an arm's name cannot be"):
        outer(placed({"arm": [{"name": name}]}, Place("mine.toml:2")))


DIGITS = st.characters(categories=["Nd"], exclude_characters="0123456789")


@given(DIGITS)
def test_digits_of_other_scripts_are_no_numbers(digit: str) -> None:
    for text in (f"crs.grade >= {digit}", f"{digit}.5 mg", f"1e{digit}"):
        with pytest.raises(ScenarioError):
            parse(text)
    for ask, text in ((duration, f"{digit} h"), (clock, f"every {digit} h"), (clock, f"day {digit}")):
        with pytest.raises(LivingDrugError):
            ask(text)
    with pytest.raises(ScenarioError):
        spread((digit, "9"), 3, False)


@pytest.mark.parametrize("end", ["1e309", "-1e400", "1e999 1/day"])
def test_a_range_without_end_is_refused(end: str) -> None:
    unit = end.partition(" ")[2]
    with pytest.raises(ScenarioError, match="too large a number"):
        spread((f"0 {unit}".strip(), end), 3, False)


@pytest.mark.parametrize("name", ["bsa"])
@pytest.mark.parametrize("at", [1e-4, 0.01, 70000, 1e9, -30])
def test_a_property_said_far_from_every_patient_is_refused(name: str, at: float) -> None:
    assert "--set" in str(refused("", {f"covariates.{name}.at": at}).where)


ENDPOINT = '[[endpoint]]\nname = "{}"\nevents = ["death"]\n'
IDLE = {
    "no arm": ("arm = []\n", 2),
    "an arm's title that is none": ('[[arm]]\nname = "a"\ntitle = 3\n', 4),
    "an empty table in an arm": ('[[arm]]\nname = "a"\nkinetics = {}\n', 4),
    "visits without a name": ('[visits]\n"" = [3]\n', 3),
    "an age of nobody": ("[covariates.age]\nvalue = 900\n", 3),
    "a letter that looks like another": (ENDPOINT.format("\u041eS"), 3),
    "a misspelt word of an arm": ('[[arm]]\nnaem = "a"\n', 3),
    "a misspelt start": (f'{ENDPOINT.format("mine")}start = "infuson"\n', 5),
    "a misspelt group": ('[[measure]]\nname = "m"\nkind = "share"\nof = "infused"\namong = "enroled"\n', 6),
}


@pytest.mark.parametrize("what", IDLE)
def test_what_would_do_nothing_is_refused_at_its_line(what: str) -> None:
    text, line = IDLE[what]
    assert refused(text).where == f"mine.toml:{line}"


# --- dose records -----------------------------------------------------------------------------------------------------

HEAD = "ID,TIME [day],AMT,CMT,RATE\n"


@pytest.mark.parametrize("row", ["1,0,1e8,infusion,1e-320", "1,0,1e8,infusion,1e-3", "1,0,1e308,infusion,1e-308",
                                 "1,0,0,infusion,", "1,0,0,tocilizumab,0"])  # fmt: skip
def test_a_dose_that_is_none_or_never_ends_is_refused(row: str) -> None:
    Path("c.csv").write_text(f"{HEAD}{row}\n", encoding="utf-8")
    assert "c.csv:2" in str(refused('[cohort]\nfile = "c.csv"\n').where)


# --- a unit, an expression, at its own line ---------------------------------------------------------------------------


def test_a_fault_is_told_at_the_line_of_its_key() -> None:
    gap = "\n" * 3
    assert refused(f'[kinetics.growth]\nvalue = 1\n{gap}unit = "1/dya"\n').where == "mine.toml:7"
    for text in ("nosuch", "cmax >", "cmax > 3 furlong", "first(nosuch)", "nosuch(cmax)"):
        column = f'[[column]]\nname = "c"\n{gap}value = "{text}"\n'
        measure = f'[[measure]]\nname = "m"\n{gap}kind = "median"\n{gap}of = "{text}"\n'
        assert refused(column).where == "mine.toml:7" and refused(measure).where == "mine.toml:11", text


# --- Python -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result() -> Any:
    return livingdrug.Trial("eliana", {"protocol.follow_up": "60 d"}).run(patients=20)


@pytest.mark.parametrize(
    "wrong", ["x", b"x", [1], {"a": 1}, np.float64("nan"), -3, object()], ids=lambda x: type(x).__name__
)
def test_whatever_python_gives_is_taken_or_refused_in_a_message(result: Any, wrong: Any) -> None:
    arm = result.arm()
    asks = [
        lambda: livingdrug.Trial("eliana", wrong),
        lambda: livingdrug.Trial(wrong),
        lambda: livingdrug.load(wrong),
        lambda: result.export(wrong, "here"),
        lambda: result.vpc("assay.qpcr.copies", patients=20, limit=wrong),
        lambda: result.vpc("assay.qpcr.copies", patients=20, seed=wrong),
        lambda: result.vpc(wrong),
        lambda: result.plot(wrong),
        lambda: livingdrug.Trial("eliana").run(patients=3, device=wrong),
    ]
    for ask in asks:
        with pytest.raises(LivingDrugError) as caught:
            ask()
        assert caught.value.message
    for table in (result.arms, arm.endpoints, arm.tables, arm.columns, result.beside_published()):
        with pytest.raises(LivingDrugError, match="unknown"):
            table["no such name"]
        assert not hasattr(table, "get") or table.get("no such name") is None


@pytest.mark.parametrize("name", ["x.foo", "x", "x.png.txt", ".png"])
def test_a_figure_of_no_known_format_is_refused(result: Any, name: str) -> None:
    chart = result.vpc("assay.qpcr.copies", patients=20).chart
    with pytest.raises(ScenarioError, match="none of the formats") as caught:
        chart.save(name)
    assert caught.value.allowed and not Path(name).exists()


# --- long files -------------------------------------------------------------------------------------------------------

LONG = {
    "keys": "kx{} = 1\n",
    "tables": "[kx{}]\na = 1\n",
    "arms": "[[arm]]\nname = 'kx{}'\nx = 1\n",
    "rules": "[[protocol.rule]]\nname = 'kx{}'\n",
    "numbers": "[protocol.kx{}]\na = 1\n",
    "visits": "[visits.kx{}]\na = 1\n",
    "sources": "[sources.kx{}]\ntitle = 'x'\n",
}


@pytest.mark.parametrize("kind", some_of(LONG, one_in=3))
def test_a_long_file_is_answered_soon(kind: str) -> None:
    """One just below the limit of keys."""
    row = LONG[kind]
    begun, most = time.process_time(), library.MOST // (1 + row.count("=")) - 10
    try:
        trial("".join(row.format(i) for i in range(most)))
    except (ScenarioError, UnitError) as problem:
        assert problem.where
    assert time.process_time() - begun < 20


def test_a_file_of_too_many_keys_is_refused() -> None:
    assert "no scenario or library file has so many" in refused("".join(f"kx{i} = 1\n" for i in range(60_000))).what


# --- messages ---------------------------------------------------------------------------------------------------------

ERRORS = ("ScenarioError", "SourceError", "UnitError", "WiringError", "EngineError", "LivingDrugError")
HELPS = {"allowed", "mend", "nearest", "given"}


def test_every_message_says_what_is_allowed_or_how_to_mend_it() -> None:
    """Errors are made with one of these words, or with a third thing behind what and where."""
    root, made, bare = Path(livingdrug.__file__).parent, 0, []
    parts = ("scenario", "spec", "cli", "trial", "care", "results", "library", "cohort", "parameters.py", "whole.py")
    files = (f for part in parts for f in ([root / part] if part.endswith(".py") else (root / part).rglob("*.py")))
    for file in files:
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ERRORS:
                made += 1
                if len(call.args) < 3 and not HELPS & {word.arg for word in call.keywords}:
                    bare.append(f"{file.relative_to(root)}:{call.lineno}")
    assert made > 200 and not bare


RULE = """[[protocol.rule]]
name = "{}"
when = "{}"
do = {{ give = "tocilizumab", amount = "8 mg/kg" }}
kind = "assumed"
why = "a test"
"""


@pytest.mark.parametrize("many", [3])
def test_rules_that_wait_on_each_other_are_refused_and_those_that_can_begin_are_not(many: int) -> None:
    names = [f"r{i}" for i in range(many)]
    circle = "".join(RULE.format(x, f"done({names[i - 1]}) >= 1") for i, x in enumerate(names))
    assert "waits in a circle with 'r1'" in refused(circle).message
    for begun in ("done({}) >= 1 or crs.grade >= 3", "done({}) < 1", "since_done({}) > 2 d", "0"):
        trial(circle.replace(f"done({names[-1]}) >= 1", begun.format(names[-1])))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [*((f'start = "{x}"', "day -366 to day 0") for x in ("-5000 d", "-2 years", "-20 months")),
     *((f'follow_up = "{x}"', "1 min or more") for x in ("1 s", "0.5 min", "1e-9 d"))],
)  # fmt: skip
def test_a_time_out_of_all_proportion_is_refused(text: str, allowed: str) -> None:
    assert refused(f"[protocol]\n{text}\n").allowed == allowed


def test_cells_are_given_whole_and_none_is_told() -> None:
    dose = 'trial = "castle-lupus"\n[[protocol.schedule]]\nname = "infusion"\namount = "{}"\n'
    for amount, said in (
        ("0.2 cell", "no whole cell"),
        ("0 cell", "gives nobody any cells"),
        ("0", "nobody any cells"),
    ):
        Path("mine.toml").write_text(dose.format(amount), encoding="utf-8")
        found = livingdrug.Trial("mine.toml")
        if "whole" in said:
            with pytest.raises(ScenarioError, match=said) as caught:
                found.check()
            assert caught.value.where == "mine.toml:4"
        else:
            found.check()
            assert any(
                said in note and "mine.toml:4" in note for x in found.resolved.arms for note in found.design(x).told
            )


def test_a_misspelt_list_is_blamed_where_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the library's protocol that asks for it; and a baseline row without its unit at its own line."""
    monkeypatch.setenv(library.ENV, str(folder))
    for kind, name, right, wrong in (
        ("trials", "eliana", "\nblood = ", "\nblod = "),
        ("populations", "relapsed-b-all-young", 'unit = "year"\nn = ', "n = "),
    ):
        text = library.find(kind, name).text
        file = folder / kind / f"{name}.toml"
        file.parent.mkdir()
        file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        with pytest.raises(LivingDrugError) as caught:
            livingdrug.Trial("eliana").check()
        near = text[: text.index(right)].count("\n")
        assert any(str(caught.value.where).endswith(f"{name}.toml:{near + i}") for i in range(-3, 3)), caught.value
        assert caught.value.mend and ("'blood'" in caught.value.mend or "year" in caught.value.mend)
        file.unlink()


@pytest.mark.parametrize(
    ("kind", "name", "right", "wrong", "nearest"),
    [("comparators", "lbcl-refractory-chemotherapy", "lbcl-two-antigens", "lbcl-twoantigens", "lbcl-two-antigens"),
     ("comparators", "lbcl-refractory-chemotherapy", "response visits", "response vists", "visits"),
     ("populations", "juliet", 'source = "review2021"', 'source = "revie2021"', "review2021")],
)  # fmt: skip
def test_a_word_laid_on_another_file_is_blamed_on_its_own_line(
    kind: str, name: str, right: str, wrong: str, nearest: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(library.ENV, str(folder))
    text = library.find(kind, name).text
    assert right in text
    file = folder / kind / f"{name}.toml"
    file.parent.mkdir()
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    Path("mine.toml").write_text(
        'trial = "juliet"\n' + f'comparator = "{name}"\n' * (kind == "comparators"), encoding="utf-8"
    )
    with pytest.raises(LivingDrugError) as caught:
        livingdrug.Trial("mine.toml").check()
    assert caught.value.nearest == nearest
    assert str(caught.value.where).endswith(f"{name}.toml:{text[: text.index(right)].count(chr(10)) + 1}")
