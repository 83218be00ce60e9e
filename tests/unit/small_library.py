"""A library of two made-up mechanisms in a temporary folder, so that layers can be tested without the real numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livingdrug import biology
from livingdrug.errors import WiringError, unknown
from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Port, Publishes, Reads, State

FILES = {
    "mechanisms/grower.toml": """
[cells.growth]
value = 0.9
unit = "1/day"
kind = "fitted"
source = "paper"
where = "Table 1"
variability = { distribution = "log-normal", sd = 0.3, loadings = { fitness = 0.2 } }

[cells.room]
value = 1e10
unit = "cell"
kind = "assumed"
why = "round number"

[cells.taken]
value = 0.3
unit = "1"
kind = "assumed"
why = "round number"
variability = { distribution = "logit-normal", sd = 0.5 }

[sources.paper]
title = "A paper"
year = 2019
""",
    "mechanisms/brake.toml": """
[drug.brake.clearance]
value = 2
unit = "1/day"
kind = "measured"
source = "label"
where = "section 12"
variability = { distribution = "log-normal", cv = 0.3 }

[drug.brake.half]
value = 5
unit = "mg"
kind = "derived"
why = "from the label's trough"

[sources.label]
title = "A label"
""",
    "tumours/clump.toml": """
title = "A clump"
[cells.room]
value = 2e10
kind = "assumed"
why = "clumps are larger"
""",
    "populations/people.toml": """
title = "People"
tumour = "clump"
aliases = ["folk"]
[covariates.age]
distribution = "uniform"
low = 20
high = 60
unit = "year"
kind = "assumed"
why = "test"
[covariates.weight]
distribution = "log-normal"
given = "age"
points = [[20, 65], [60, 75]]
sd = 0.1
unit = "kg"
kind = "assumed"
why = "test"
[covariates.fitness]
distribution = "normal"
value = 0
sd = 1
unit = "1"
kind = "assumed"
why = "latent"
[[baseline]]
measure = "age, median"
of = "age"
statistic = "median"
value = 40
unit = "year"
n = 100
""",
    "drugs/brake.toml": """
title = "Brake"
[modules]
"drug.brake" = "brake"
""",
    "products/cellix.toml": """
title = "Cellix"
aliases = ["cell-x"]
[modules]
cells = "grower"
[cells.growth]
value = 1.1
kind = "fitted"
why = "this product grows faster"
""",
    "protocols/usual.toml": """
title = "Usual care"
drugs = ["brake"]
follow_up = "90 d"
[[rule]]
name = "brake late"
when = "cells.number >= 1e9"
check = "every 6 h for 28 d"
do = { give = "brake", amount = "10 mg" }
[[rule]]
name = "second"
when = "cells.number >= 2e9"
check = "every 6 h for 28 d"
do = { give = "brake", amount = "20 mg" }
""",
    "trials/first.toml": """
title = "First trial"
aliases = ["NCT00000001"]
product = "cellix"
population = "people"
protocol = "usual"
size = 40
[[column]]
name = "response"
value = "1"
[[measure]]
name = "response"
kind = "share"
of = "response"
[[published]]
measure = "response"
value = 80
unit = "%"
""",
}


class Cells(Module):
    """Cells that grow until the room is full.

    Leaves out: everything else.
    """

    role = "cells"
    number = State("cell", "cells", start=1.0)
    growth = Param("1/day", "net growth")
    room = Param("cell", "where growth stops")
    taken = Param("1", "share of the room taken by others")
    free = Derived("cell", "room that is free", lambda v: v.room * (1 - v.taken))
    weight = Covariate("kg", "body weight")
    slowed = Port("1", "how far growth is slowed")
    infusion = Entry("cell", "infused cells", {"number": 1.0})

    def flows(self, v):
        yield Flow("growth", into="number", rate=v.growth * v.slowed * v.number)
        yield Flow("crowding", out_of="number", rate=v.growth * v.number**2 / v.free)

    per_kg = Publishes("cell/kg", "cells for each kilogram")

    def published(self, v):
        return {"per_kg": v.number / v.weight}


class Brake(Module):
    """A drug that slows growth.

    Leaves out: absorption.
    """

    role = "drug.brake"
    amount = State("mg", "drug in the body")
    clearance = Param("1/day", "elimination")
    half = Param("mg", "amount that halves growth")
    slows = Multiplies("cells.slowed")
    cells = Reads("cells.number", "cell", absent=0.0)
    dose = Entry("mg", "a dose", {"amount": 1.0})

    def flows(self, v):
        yield Flow("elimination", out_of="amount", rate=v.clearance * v.amount)

    def contributes(self, v):
        return {"slows": v.half / (v.half + v.amount)}


def find(stem: str) -> type[Module]:
    """The made-up mechanisms by stem."""
    known = {"grower": Cells, "brake": Brake}
    if stem not in known:
        raise unknown("module", stem, known, error=WiringError)
    return known[stem]


@contextmanager
def small_library(folder: Path) -> Iterator[Path]:
    """Write the files below `folder` and make the program look only there."""
    from livingdrug import library

    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "folders", lambda: [folder])
        patch.setattr(biology, "find", find)
        yield folder
