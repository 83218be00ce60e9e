"""Layers, arms, overrides and what is said when they cannot be."""

import json
from pathlib import Path

import pytest

from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, UnitError, WiringError
from livingdrug.scenario import explain, resolve
from livingdrug.scenario.saved import files


def write(text: str, name: str = "my.toml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_layers_win_in_order():
    r = resolve("first")
    assert r.modules == {"drug.brake": "brake", "cells": "grower"}
    assert [p.layer for p in r.layers("cells.growth")] == ["mechanism", "product"]
    growth = r.parameters["cells.growth"]
    assert (growth.value, growth.unit, growth.layer, growth.kind) == (1.1, "1/day", "product", "fitted")
    assert growth.variability.sd == 0.3 and growth.variability.loadings == {"fitness": 0.2}
    assert r.parameters["cells.room"].value == 2e10 and r.parameters["cells.room"].layer == "tumour"
    assert r.parameters["drug.brake.half"].kind == "derived"
    assert growth.line == 5 and growth.file.endswith("products/cellix.toml")
    assert set(r.parameters) == set(r.model().parameters)


def test_aliases_and_case():
    assert resolve("NCT00000001").name == "first"
    file = write('trial = "nct00000001"\nproduct = "Cell-X"\n')
    assert resolve(file).names["product"] == "cellix"


def test_a_short_file_overrides_values_parts_and_seed():
    file = write("""
trial = "first"
title = "Mine"
patients = 12
seed = 7
[cells]
growth = 0.7
room = "3e10 cell"
[drug.brake]
half = { value = 7, why = "try" }
[set]
"cells.growth.variability.sd" = 0.1
"protocol.follow_up" = "30 d"
[protocol]
rule = [{ name = "second", remove = true }, { name = "brake late", when = "cells.number >= 5 cell" }]
""")
    r = resolve(file, {"cells.taken": "* 0.5", "drug.brake.clearance": "0.1 1/hour"})
    assert (r.patients, r.seed, r.trial.size) == (12, 7, 40) and r.title.startswith("Mine (cells.taken = * 0.5; ")
    value = {p: x.value for p, x in r.parameters.items()}
    assert value["cells.growth"] == 0.7 and value["cells.room"] == 3e10 and value["drug.brake.half"] == 7
    assert value["cells.taken"] == pytest.approx(0.15) and value["drug.brake.clearance"] == pytest.approx(2.4)
    assert r.parameters["cells.growth"].variability.sd == 0.1 and r.parameters["cells.growth"].variability.loadings
    assert r.parameters["cells.growth"].kind == "assumed" and r.parameters["cells.growth"].layer == "scenario"
    assert r.parameters["cells.taken"].layer == "--set"
    assert [x.name for x in r.protocol.rule] == ["brake late"]
    assert r.protocol.rule[0].when.text == "cells.number >= 5 cell" and r.protocol.rule[0].do.give == "brake"
    assert r.protocol.follow_up == 30.0 and r.protocol.title == "Usual care"


def test_arms_meet_the_same_trial_with_something_different():
    r = resolve(
        write("""
trial = "first"
[[arm]]
name = "usual"
[[arm]]
name = "slow"
title = "Slow cells"
cells.growth = "* 0.5"
set = { 'protocol.rule."brake late".when' = "cells.number >= 1" }
""")
    )
    usual, slow = r.arms
    assert (usual.name, slow.title) == ("usual", "Slow cells")
    assert slow.parameters["cells.growth"].value == pytest.approx(0.55)
    assert usual.parameters["cells.growth"].value == 1.1
    assert slow.parameters["cells.growth"].layer == "arm 'slow'"
    assert slow.protocol.rule[0].when.text == "cells.number >= 1" and len(slow.protocol.rule) == 2
    assert usual.protocol.rule[0].when.text == "cells.number >= 1e9"
    assert slow.resolved.modules == usual.resolved.modules and r.arm("slow") is slow


def test_a_trial_without_arms_has_one():
    r = resolve("first")
    assert [a.name for a in r.arms] == ["cellix"] and r.arms[0].parameters is r.parameters


def test_scenarios_build_on_scenarios_and_own_files():
    Path("mine").mkdir()
    Path("mine/product.toml").write_text(
        'title = "P"\n[modules]\ncells = "grower"\n[cells.growth]\nvalue = 2\nkind = "assumed"\nwhy = "x"\n',
        encoding="utf-8",
    )
    write('trial = "first"\nproduct = "product.toml"\n', "mine/a.toml")
    r = resolve(write('trial = "mine/a.toml"\ncells.taken = 0.1\n'))
    assert r.parameters["cells.growth"].value == 2 and r.parameters["cells.taken"].value == 0.1
    assert r.names["product"] == "product"


def test_a_module_can_be_left_out_and_another_drug_use_a_known_mechanism(folder):
    (folder / "drugs" / "stopper.toml").write_text(
        """
mechanism = "brake"
[drug.stopper.half]
value = 1
kind = "assumed"
why = "stronger"
""",
        encoding="utf-8",
    )
    r = resolve(write('trial = "first"\ndrugs = ["stopper"]\n[modules]\n"drug.brake" = false\n'))
    assert r.modules == {"drug.stopper": "brake", "cells": "grower"}
    assert r.parameters["drug.stopper.half"].value == 1 and r.parameters["drug.stopper.clearance"].value == 2
    assert "drug.stopper.amount" in r.model().states


def test_the_hash_follows_what_is_simulated():
    a, b = resolve("first"), resolve("first", {"cells.taken": 0.2})
    assert a.hash == resolve("first").hash != b.hash
    assert a.hash == resolve("first", {"title": "Another name"}).hash
    for change in ({"seed": 2}, {"protocol.follow_up": "3 d"}, {"covariates.age.low": 30}, {"size": 3}):
        assert a.hash != resolve("first", change).hash
    assert json.loads(json.dumps(a.as_dict()))["parameters"]["cells.growth"]["value"] == 1.1
    assert "cells.taken = 0.2 1 (--set)" in repr(b)


def test_the_hash_follows_what_is_in_an_arms_product_not_where_it_lies():
    def hashed(place: str, growth: float) -> str:
        text = f'title = "Mine"\nlike = "cellix"\n[cells.growth]\nvalue = {growth}\n'
        Path(place).parent.mkdir(exist_ok=True)
        write(text + 'unit = "1/day"\nkind = "assumed"\nwhy = "a test"\n', place)
        arms = f'[[arm]]\nname = "a"\n[[arm]]\nname = "b"\nproduct = "{place}"\n'
        return resolve(write(f'trial = "first"\n{arms}')).hash

    one = hashed("here.toml", 1.3)
    assert one == hashed("elsewhere/here.toml", 1.3) != hashed("here.toml", 1.4)


def test_explain_shows_every_layer_and_who_holds():
    r = resolve("first", {"cells.growth": 0.5, "protocol.follow_up": "10 d"})
    text = str(explain(r, "cells.growth"))
    assert text.index("mechanism") < text.index("product") < text.index("--set") < text.index("<- holds")
    assert "net growth" in text and "A paper" in text and "mechanisms/grower.toml:1" in text
    assert "10 d" in str(explain(r, "protocol.follow_up")) and "90 d" in str(explain(r, "protocol.follow_up"))
    assert "products/cellix.toml" in str(explain(r, "product.title"))
    assert explain(r, "covariates.age").said[-1].place.endswith("populations/people.toml:4")
    assert (
        "uniform" in str(explain(r, "age.distribution"))
        or explain(r, "covariates.age.distribution").said[-1].value == "uniform"
    )
    assert explain(r, "modules.cells").said[-1].value == "grower"
    with pytest.raises(LivingDrugError, match="did you mean 'cells.growth'"):
        explain(r, "cells.growht")


WRONG_LINES = [  # after a first line: trial = "first"
    ('product = "celix"', ScenarioError, ["unknown product 'celix'", "'cellix'", "my.toml:2"]),
    ('population = "martians"', ScenarioError, ["unknown population 'martians'", "allowed: people"]),
    ('protocol = "unusual"', ScenarioError, ["unknown protocol", "'usual'"]),
    ("patients = 0", ScenarioError, ["'patients' = 0", "1 to 10,000,000", "my.toml:2"]),
    ("patients = 100000000000", ScenarioError, ["too large", "10,000,000"]),
    ("patients = -3", ScenarioError, ["too small"]),
    ("patients = 1.5", ScenarioError, ["whole number", "my.toml:2"]),
    ('patients = "many"', ScenarioError, ["whole number"]),
    ("seed = -1", ScenarioError, ["'seed' = -1"]),
    ("sede = 1", ScenarioError, ["unknown word", "sede", "did you mean 'seed'", "my.toml:2"]),
    ("[cells]\ngrowht = 1", ScenarioError, ["'cells.growht'", "did you mean 'cells.growth'", "my.toml:3"]),
    ("[cels]\ngrowth = 1", ScenarioError, ["'cels.growth'", "did you mean 'cells.growth'"]),
    ('[cells]\ngrowth = "fast"', UnitError, ["'fast' is not a number", "my.toml:3"]),
    ('[cells]\ngrowth = "1 kg"', UnitError, ["unit 'kg' does not fit", "1/day", "my.toml:3"]),
    ('[cells]\ngrowth = "1 per_day"', UnitError, ["'per_day' is not a unit"]),
    ("[cells]\ngrowth = -1", SourceError, ["negative", "0 or more", "my.toml:3"]),
    ("[cells]\ngrowth = nan", SourceError, ["not a finite number", "my.toml:3"]),
    ("[cells]\ngrowth = inf", SourceError, ["not a finite number"]),
    ("[cells]\ngrowth = [1, 2]", SourceError, ["not a finite number"]),
    ('[cells]\ngrowth = "* fast"', SourceError, ["'fast' is not a number to multiply by"]),
    ('[cells.growth]\nvalue = 1\nunits = "1/day"', SourceError, ["'units'", "did you mean 'unit'"]),
    (
        '[cells.growth]\nvariability = { distribution = "lognormal", sd = 1 }',
        SourceError,
        ["unknown distribution", "'log-normal'"],
    ),
    ("[cells.growth]\nspread = { sd = -1 }", SourceError, ["negative"]),
    ("[cells.growth]\nvariability = 3", SourceError, ["not a variability"]),
    ('[modules]\ncells = "growr"', WiringError, ["unknown module 'growr'", "'grower'"]),
    ('[modules]\ncells = "brake"', ScenarioError, ["fills the role 'drug.brake', not 'cells'"]),
    ("[modules]\ncells = 3", ScenarioError, ["the module for 'cells' is 3", "my.toml:3"]),
    ('drugs = ["brakes"]', ScenarioError, ["unknown drug 'brakes'", "'brake'"]),
    ('[protocol]\nfolow_up = "3 d"', ScenarioError, ["unknown key of a protocol", "'follow_up'", "my.toml:3"]),
    ('[set]\n\'protocol.rule."brake lat".when\' = "x"', ScenarioError, ["'brake lat'", "'brake late'"]),
    ('[[protocol.rule]]\nname = "brake late"\nwhem = "x"', ScenarioError, ["whem", "when"]),
    (
        "[population.covariates.age]\nvalu = 3",
        ScenarioError,
        ["unknown key of a covariate 'valu'", "'value'", "my.toml:3"],
    ),
    ('[[arm]]\ntitle = "x"', ScenarioError, ["an arm needs a name", "my.toml:2"]),
    ('[[arm]]\nname = "a"\n[[arm]]\nname = "a"', ScenarioError, ["two arms are called 'a'"]),
    ('[[arm]]\nname = "a"\ncells.growht = 1', ScenarioError, ["did you mean 'cells.growth'", "my.toml:4"]),
    ('[set]\n"cells..growth" = 1', ScenarioError, ["is not a path", "my.toml:3"]),
    ("[cells\ngrowth = 1", ScenarioError, ["not valid TOML", "my.toml:2"]),
    ('trial = "first"', ScenarioError, ["not valid TOML", "my.toml:2"]),
    ("start = 2026-02-30", ScenarioError, ["not valid TOML", "my.toml:2"]),
]
WRONG_FILES = [
    ('trial = "frist"', ScenarioError, ["unknown trial 'frist'", "did you mean 'first'", "my.toml:1"]),
    ('trial = "my.toml"', ScenarioError, ["circle"]),
    ("trial = 3", ScenarioError, ["trial = 3", "is not a text", "my.toml:1"]),
    ('trial = "other.toml"', ScenarioError, ["there is no file 'other.toml'"]),
    ('title = "nothing"', ScenarioError, ["names no product"]),
    ('trial = "first', ScenarioError, ["not valid TOML", "my.toml:1"]),
]
WRONG = [*((f'trial = "first"\n{text}', error, parts) for text, error, parts in WRONG_LINES), *WRONG_FILES]


@pytest.mark.parametrize("text, error, parts", WRONG, ids=[w[0][-40:].replace("\n", " ") for w in WRONG])
def test_wrong_files_get_one_clear_message(text, error, parts):
    with pytest.raises(error) as caught:
        r = resolve(write(text))
        from livingdrug.cohort import draw

        draw(r, [1], 1)
    for part in parts:
        assert part in caught.value.message
    assert len(caught.value.message) < 1200


def test_what_a_library_file_must_say(folder):
    file = folder / "products" / "cellix.toml"
    whole = file.read_text(encoding="utf-8")
    for old, new, part in [
        ('kind = "fitted"\nwhy = "this product grows faster"', "", "does not say what kind"),
        ('kind = "fitted"', 'kind = "guessed"', "unknown kind of number 'guessed'"),
        ('kind = "fitted"\nwhy = "this product grows faster"', 'kind = "measured"\nsource = "x"', "does not define"),
        ('kind = "fitted"\nwhy = "this product grows faster"', 'kind = "measured"', "in which source"),
        ('kind = "fitted"\nwhy = "this product grows faster"', 'kind = "assumed"', "does not say why"),
        ("[cells.growth]", "[cells.grow]", "did you mean 'cells.growth'"),
        ("value = 1.1", 'value = "1.1 kg"', "does not fit"),
        ("[cells.growth]", "[cells]\nroom = 3\n[cells.growth]", "'cells.room' = 3 is a bare number"),
    ]:
        file.write_text(whole.replace(old, new), encoding="utf-8")
        with pytest.raises(LivingDrugError) as caught:
            resolve("first")
        assert part in caught.value.message and "cellix.toml" in caught.value.message


def test_a_number_without_a_value_anywhere_is_named(folder):
    file = folder / "mechanisms" / "brake.toml"
    file.write_text('[drug.brake.half]\nvalue = 1\nunit = "mg"\nkind = "assumed"\nwhy = "x"\n', encoding="utf-8")
    with pytest.raises(SourceError, match=r"no layer gives a value for 'drug.brake.clearance' \[1/day\]"):
        resolve("first")


def test_binary_huge_and_foreign_files(tmp_path):
    Path("bin.toml").write_bytes(b'trial = "a"\nx = "\xff\xfe"\n')
    with pytest.raises(ScenarioError, match="not UTF-8"):
        resolve("bin.toml")
    with pytest.raises(ScenarioError, match="is a folder"):
        resolve(tmp_path)
    Path("deep.toml").write_text("x = " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    with pytest.raises(ScenarioError):
        resolve("deep.toml")


def test_what_was_asked_can_be_asked_again():
    sets = {
        "cells.growth": "0.5 1/day",
        "cells.taken.variability": '{ distribution = "logit-normal", sd = 0.1 }',
        "protocol.follow_up": "10 d",
        "patients": "9",
    }
    for asked in (
        "first",
        write('trial = "first"\ncells.taken = 0.1\n', "a.toml"),
        write('trial = "first"\n[set]\n"cells.growth" = 3 # old\n"cells.taken" = 0.1\n', "b.toml"),
    ):
        once = resolve(asked, sets)
        for name, text in files(once).items():
            Path("run", name).parent.mkdir(parents=True, exist_ok=True)
            write(text, f"run/{name}")
        again = resolve("run/scenario.toml")
        assert again.parameters["cells.growth"].value == 0.5 and again.protocol.follow_up == 10.0
        assert again.patients == 9 and (again.name, again.title, again.hash) == (once.name, once.title, once.hash)
        assert {p: x.value for p, x in again.parameters.items()} == {p: x.value for p, x in once.parameters.items()}


def test_words_that_are_both_a_part_or_a_trial_table_and_a_role(folder):
    """`tumour` names a file and is a role."""
    r = resolve(write('trial = "first"\n[cells]\ngrowth = 0.4\n'), {"cells.taken": 0.2})
    assert r.parameters["cells.growth"].value == 0.4 and r.parameters["cells.taken"].value == 0.2
    with pytest.raises(ScenarioError, match="did you mean 'cells.growth'"):
        resolve(write('trial = "first"\n[cells]\ngrowht = 1\n'))
    (folder / "tumours" / "other.toml").write_text('title = "Other"\n', encoding="utf-8")
    assert resolve("first", {"tumour": "other"}).parameters["cells.room"].value == 1e10
    with pytest.raises(ScenarioError, match="has no number 'tumour.kill'"):
        resolve("first", {"tumour.kill": 1})


def test_a_sourced_number_of_a_protocol_keeps_its_unit_when_changed(folder):
    file = folder / "protocols" / "usual.toml"
    file.write_text(
        file.read_text(encoding="utf-8")
        + """
[share.lost]
value = 0.1
unit = "1"
kind = "measured"
source = "x"
where = "y"
[sources.x]
title = "X"
[limits.wait]
value = 2
unit = "day"
kind = "assumed"
why = "x"
""",
        encoding="utf-8",
    )
    r = resolve("first", {"protocol.share.lost": 0.3, "protocol.limits.wait": "12 hour"})
    lost = r.protocol.numbers["share.lost"]
    assert (lost.value, lost.unit, lost.kind, lost.why) == (0.3, "1", "assumed", "set by the user")
    assert r.protocol.numbers["limits.wait"].value == 0.5
    assert [s.layer for s in explain(r, "protocol.share.lost").said] == ["protocol", "--set"]


def test_a_bare_number_of_a_user_is_in_the_models_unit(folder):
    file = folder / "mechanisms" / "brake.toml"
    text = file.read_text(encoding="utf-8").replace('value = 2\nunit = "1/day"', 'value = 0.1\nunit = "1/hour"')
    file.write_text(text, encoding="utf-8")
    assert resolve("first").parameters["drug.brake.clearance"].value == pytest.approx(2.4)
    for given in (3, "3", "0.125 1/hour", {"value": 0.125, "unit": "1/hour"}, "* 1.25"):
        clearance = resolve("first", {"drug.brake.clearance": given}).parameters["drug.brake.clearance"]
        assert (clearance.value, clearance.unit) == (pytest.approx(3), "1/day")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[set]\n"set.cells.growth" = 2\n', 'write "cells.growth"'),
        ('[[arm]]\nname = "b"\n[arm.set.set]\n"cells.growth" = 2\n', 'write "cells.growth"'),
        ("[protocol.dose]\n", "'protocol.dose' is an empty table"),
        ('[[endpoint]]\nname = "EFS"\nevents = []\n', "an endpoint without events"),
        ('[[endpoint]]\nname = "E"\nevents = ["death"]\ncensors = ["death"]\n', "is an event and censors"),
    ],
)
def test_what_would_do_nothing_is_refused(text: str, told: str) -> None:
    with pytest.raises(LivingDrugError, match=told) as caught:
        resolve(write(f'trial = "first"\n{text}')).trial  # noqa: B018
    assert "my.toml" in str(caught.value)


def test_a_source_that_nothing_cites_is_noted(tmp_path: Path) -> None:
    """Cited by a published row, a number of the model, a comment, an arm: fine; by nothing: noted with its line."""
    used = {
        "row": '[[published]]\nmeasure = "response"\nvalue = 70\nunit = "%"\nsource = "mine2026"',
        "number": '[cells.growth]\nvalue = 0.5\nkind = "measured"\nsource = "mine2026"\nwhere = "p. 3"',
        "arm": '[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n[[arm.published]]\nmeasure = "response"\nvalue = 7\n'
        'unit = "%"\nsource = "mine2026"',
    }
    for name, text in {"nothing": "", **used}.items():
        file = tmp_path / f"{name}.toml"
        file.write_text(f'trial = "first"\n[sources.mine2026]\ntitle = "A paper"\n{text}\n', encoding="utf-8")
        notes = [note for arm in resolve(file).arms for note in arm.resolved.notes]
        said = f"nothing cites the source 'mine2026' ({file}:2)"
        assert (said in notes) == (name == "nothing"), (name, notes)
