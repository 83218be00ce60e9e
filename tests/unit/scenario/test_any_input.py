"""Whatever stands in a file or behind --set: it resolves and can be drawn, or one of our own errors says why not."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cohort import draw
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import explain, resolve
from thoroughness import some

WHOLE = """
trial = "first"
title = "Mine"
patients = 12
seed = 7
drugs = ["brake"]
product = "cellix"
[cells]
growth = 0.7
room = "3e10 cell"
[cells.taken.variability]
distribution = "logit-normal"
sd = 0.2
[drug.brake]
half = { value = 7, why = "try" }
[modules]
cells = "grower"
[population.covariates.age]
low = 30
[[population.correlated]]
paths = ["cells.growth", "cells.taken"]
matrix = [[1, 0.2], [0.2, 1]]
[protocol]
follow_up = "30 d"
rule = [{ name = "second", remove = true }, { name = "brake late", when = "cells.number >= 5" }]
[set]
"cells.growth.variability.sd" = 0.1
'protocol.rule."brake late".check' = "every 1 d for 9 d"
[[arm]]
name = "a"
[[arm]]
name = "b"
cells.growth = "* 0.5"
[arm.set]
"covariates.age.high" = 50
""".strip().splitlines()
VALUES = [
    "0",
    "-1",
    "1e400",
    "nan",
    '""',
    '"x"',
    "true",
    "[]",
    "[1]",
    "[[1]]",
    "{}",
    "{ value = 1 }",
    "1979-05-27",
    '"* 2"',
    '"1 kg"',
    "{ distribution = 3 }",
    '["a", 3]',
    '[{ name = "x" }]',
    "[{}]",
    '{ name = "brake late" }',
    "99999999999999999999",
    '"my.toml"',
]
PATHS = (
    """
cells cells.growth cells.growth.variability cells.growth.variability.loadings cells.growth.value cells.growth.unit drug
drug.brake covariates covariates.age covariates.age.value covariates.weight.points covariates.new protocol
protocol.rule protocol.rule.x protocol.drugs trial trial.size size published population product tumour
population.correlated population.tables population.baseline population.tumour modules modules.cells modules.x
arm set drugs seed patients title sources aliases product.cells.growth product.modules.cells
product.dose.per_kg population.covariates.age.distribution tumour.base tumour.cells tumour.modules protocol.base
""".split()
    + ["'", '"', ""]
)
QUIETLY = settings(max_examples=some(150))


def attempt(text: str, sets: dict[str, str]) -> None:
    Path("my.toml").write_text(text, encoding="utf-8")
    try:
        r = resolve("my.toml", sets)
        for arm in r.arms:
            draw(r, [1, 2, 3], 1, arm)
        for path in (*sets, "cells.growth", "covariates.age"):
            explain(r, path)
        assert len(r.hash) == 16
    except LivingDrugError as error:
        assert error.message


@QUIETLY
@given(st.randoms(use_true_random=False))
def test_a_damaged_file(rng: random.Random):
    lines = list(WHOLE)
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(len(lines))
        key = lines[i].partition("=")[0]
        lines[i] = rng.choice(
            [
                "",
                lines[i][: rng.randint(0, len(lines[i]))],
                rng.choice(lines),
                lines[i] + rng.choice("]}\"'#="),
                f"{key}= {rng.choice(VALUES)}",
                f"[{rng.choice(PATHS)}]",
                f"{rng.choice(PATHS)} = {rng.choice(VALUES)}",
            ]
        )
    attempt("\n".join(lines), {})


@QUIETLY
@given(st.sampled_from(PATHS), st.sampled_from(VALUES) | st.text(max_size=8))
def test_any_set(path: str, value: str):
    attempt('trial = "first"\n', {path: value})
