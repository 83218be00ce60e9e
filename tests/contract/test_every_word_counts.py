"""A word that could have no effect is refused where it stands: said twice, said of what the user's own patients say,
meant for a time that is not simulated, hidden behind another meaning of its name."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.scenario import resolve
from livingdrug.spec.grammar import WORDS
from livingdrug.trial import Trial
from thoroughness import some_of

TRIAL = 'trial = "eliana"\n'

# Ways to write one thing: a table at the top of a file, and paths.
WAYS = {
    "kinetics.growth": ("[kinetics]\ngrowth = 1.5\n", ("kinetics.growth", "kinetics.growth.value"), 1.6),
    "protocol.follow_up": ('[protocol]\nfollow_up = "38 months"\n', ("protocol.follow_up",), "39 months"),
    "visits.blood": ("[visits]\nblood = [28, 365]\n", ("visits.blood", "trial.visits.blood"), [28, 366]),
    "modules.kinetics": (
        '[modules]\nkinetics = "renewing_effectors"\n',
        ("modules.kinetics",),
        "renewing_effectors",
    ),
    "population.covariates.age": (
        "[covariates.age]\nvalue = 12\n",
        ("covariates.age.value", "population.covariates.age.value"),
        13,
    ),
}


def toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize(("thing", "path"), [(thing, path) for thing, (_, paths, _) in WAYS.items() for path in paths])
def test_what_a_file_says_in_two_ways_is_refused_with_both_lines(thing: str, path: str, tmp_path: Path) -> None:
    table, _, value = WAYS[thing]
    file = tmp_path / "mine.toml"
    file.write_text(f'{TRIAL}{table}[set]\n"{path}" = {toml(value)}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="is said twice") as refused:
        resolve(file)
    assert str(refused.value.where).endswith("mine.toml:5") and "mine.toml:3" in str(refused.value.mend)


@pytest.mark.parametrize(
    "pair", [pair for _, (_, paths, _) in WAYS.items() for pair in combinations(paths, 2)], ids="=".join
)
def test_options_that_say_one_thing_in_two_ways_are_refused(pair: tuple[str, str]) -> None:
    value = next(x for _, paths, x in WAYS.values() if pair[0] in paths)
    with pytest.raises(ScenarioError, match="is said twice"):
        resolve("eliana", dict.fromkeys(pair, value))


@pytest.mark.parametrize("thing", WAYS)
def test_a_file_may_change_what_the_file_below_says(thing: str, tmp_path: Path) -> None:
    table, paths, value = WAYS[thing]
    (tmp_path / "below.toml").write_text(TRIAL + table, encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(f'trial = "below.toml"\n[set]\n"{paths[0]}" = {toml(value)}\n', encoding="utf-8")
    resolve(file, {paths[0]: value})


@pytest.mark.parametrize("first", [True, False])
def test_the_order_of_options_changes_nothing(first: bool) -> None:
    """What is changed inside a protocol holds, whether the protocol was chosen before or after."""
    options = [("protocol", "eliana"), ("protocol.follow_up", "39 months")]
    assert resolve("eliana", dict(options if first else options[::-1])).protocol.follow_up > 39 * 30


OWN = pd.DataFrame({"ID": ["a"], "weight [kg]": [30.0]})
DOSES = pd.DataFrame({"ID": ["a"], "TIME [day]": [0.0], "AMT": [2e6], "CMT": ["infusion"], "UNIT": ["cell/kg"]})
MADE = pd.DataFrame({"ID": ["a"], "TIME [day]": [-3.0], "AMT": [20], "CMT": ["fludarabine"], "UNIT": ["mg/m2"]})


@pytest.mark.parametrize(
    ("table", "path", "value"),
    [
        (OWN, "covariates.weight.value", 40),
        (OWN, "covariates.weight.sd", 0.3),
        (DOSES, "share.manufacturing_failure", 0.5),
        (DOSES, "share.lost_before_infusion", 0.5),
        (DOSES, 'protocol.schedule."infusion up to 50 kg".amount', "1e6 cell/kg"),
        (MADE, "protocol.schedule.fludarabine.amount", "10 mg/m2"),
    ],
)
def test_a_change_of_what_ones_own_patients_say_is_refused(table: pd.DataFrame, path: str, value: Any) -> None:
    with pytest.raises(ScenarioError, match="is changed, and"):
        Trial("eliana", {path: value}, cohort=table).check()


@pytest.mark.parametrize("name", ["weight", "age", "bsa", "egfr"])
@pytest.mark.parametrize("times", [11, 1e6, 1e300])
def test_a_property_of_nobody_is_refused_at_its_cell(name: str, times: float) -> None:
    """Many times what the population has at most: no body of any kind."""
    c = resolve("eliana").population.covariates[name]
    most = max(abs(float(x)) for x in (c.value, c.high, *(y for _, y in (() if c.points is None else c.points))) if x)
    with pytest.raises(ScenarioError, match="cannot be") as refused:
        Trial("eliana", cohort=pd.DataFrame({f"{name} [{c.unit}]": [times * most]})).check()
    assert f"column '{name}'" in str(refused.value.where)


ROW = '[[{kind}]]\nname = "{name}"\nkind = "assumed"\nwhy = "x"\n{asks}\n'
TAKEN = (*WORDS, "time", "never", "weight", "fitness", "crs", "crs.grade", "crs.grade3", "penn", "kinetics.growth",
         "cytokines.il6", "share.salvaged", "  ")  # fmt: skip


@pytest.mark.parametrize("name", some_of(TAKEN))
@pytest.mark.parametrize("kind", ["watch", "rule"])
def test_a_name_that_expressions_read_otherwise_is_refused(name: str, kind: str, tmp_path: Path) -> None:
    asks = 'when = "crs.grade >= 1"' + ("\ndo = { stop = true }" if kind == "rule" else "")
    file = tmp_path / "mine.toml"
    file.write_text(TRIAL + ROW.format(kind=f"protocol.{kind}", name=name, asks=asks), encoding="utf-8")
    with pytest.raises(ScenarioError, match="means something else|without a name") as refused:
        Trial(file).check()
    assert str(refused.value.where).endswith("mine.toml:3")


@pytest.mark.parametrize("name", ["arm", "patient", "status", "cause", "dose", "file_id", "Weight", "RESPONSE", "CMAX"])
def test_a_column_that_every_table_has_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    row = f'[[column]]\nname = "{name}"\nvalue = "count(remission)"\nnew = true\n'
    file.write_text(TRIAL + row, encoding="utf-8")
    with pytest.raises(ScenarioError, match="already") as refused:
        Trial(file).run(patients=2)
    assert str(refused.value.where).endswith("mine.toml:3")


@pytest.mark.parametrize(
    "asked",
    [f"{what} {sign} {day}" for what in ("time", "first(crs.grade1)", "last_done(steroid)")
     for sign, day in (("<", "-100 d"), (">", "5000 d"), ("<=", "-1 month"))
     if not (what.startswith("first") and sign == ">" or what.startswith("last") and "<" in sign)],
)  # fmt: skip
def test_a_day_that_is_not_simulated_is_not_waited_for(asked: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(TRIAL + ROW.format(kind="protocol.watch", name="w", asks=f'when = "{asked}"'), encoding="utf-8")
    with pytest.raises(ScenarioError, match="is never true") as refused:
        Trial(file).check()
    assert str(refused.value.where).endswith("mine.toml:6")


def test_the_librarys_own_rules_stand_when_less_is_simulated() -> None:
    Trial("eliana", {"protocol.follow_up": "20 d"}).check()


NAUGHT = ("0", "0.0 kg", "(weight - weight)", "(0 * age)", "min(0, 3)", "floor(0.4)", "(2 - 2)", "abs(0)", "log(1)")


@pytest.mark.parametrize(
    "asked", ["exp(cytokines.il6)", "log(weight)", "exp(time)", "time / 0",
              *(f"cytokines.il6 / {x}" for x in NAUGHT)],
)  # fmt: skip
def test_what_cannot_be_reckoned_is_refused(asked: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(TRIAL + ROW.format(kind="protocol.watch", name="w", asks=f'value = "{asked}"'), encoding="utf-8")
    with pytest.raises(ScenarioError, match="means nothing|divided by 0") as refused:
        Trial(file).check()
    assert str(refused.value.where).endswith("mine.toml:6")


@pytest.mark.parametrize("measure", ["crs_any", "efs_12m", "crs_onset", "cmax"])
def test_what_was_published_has_a_unit(measure: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'{TRIAL}[[published]]\nmeasure = "{measure}"\nvalue = 5\n', encoding="utf-8")
    with pytest.raises(UnitError, match="without a unit") as refused:
        resolve(file)
    assert str(refused.value.where).endswith("mine.toml:4")


@pytest.mark.parametrize("key", ["registry", "role", "bench", "aliases"])
@pytest.mark.parametrize("head", ["", "[arm.set]\n"])
def test_a_label_of_the_trial_is_none_of_an_arm(key: str, head: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    value = {"role": '"validation"', "bench": "false", "aliases": '["x"]'}.get(key, '"x"')
    file.write_text(f'{TRIAL}[[arm]]\nname = "a"\n{head}{key} = {value}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="changes nothing in an arm") as refused:
        resolve(file)
    assert str(refused.value.where).endswith(f"mine.toml:{5 if head else 4}")


@pytest.mark.parametrize(
    ("word", "part"), [("costimulation", "product"), ("match", "population"), ("rule", "protocol")]
)
def test_a_word_of_a_part_is_told_with_the_part(word: str, part: str) -> None:
    with pytest.raises(LivingDrugError) as refused:
        resolve("eliana", {word: "x"})
    assert refused.value.nearest == f"{part}.{word}"
