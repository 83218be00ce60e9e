"""The files that `livingdrug new mechanism` and `livingdrug new model` write: Python and TOML. Each loads as it is.

They belong in a library folder of one's own (`library/`, named in LIVINGDRUG_LIBRARY). NAME is the file's stem, and so
the mechanism's name: a Python name.
"""

from __future__ import annotations

MECHANISM = '''"""NAME: what it is, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Multiplies, Param, Publishes, State


class Mechanism(Module):
    """What it does, in the ward's words; what it follows, as [smith2026].

    Leaves out: what one might miss.
    """

    role = "drug.NAME"  # the seat it takes: a drug here; see livingdrug list mechanisms

    # Its numbers, with unit and meaning; their values stand in NAME.toml.
    loss = Param("1/day", "loss of the drug")
    half_effect = Param("mg", "drug that gives half the effect")
    largest = Param("1", "largest fall of cytokine production")

    # What it acts on: a port that another mechanism opened. Reads("cytokines.il6", "pg/mL") would read one's quantity.
    production = Multiplies("cytokines.production")

    # What changes with time, and where a dose lands.
    drug = State("mg", "drug in the body")
    effect = Publishes("1", "effect of the drug, 0 to 1")
    dose = Entry("mg", "a dose", into={"drug": 1.0})

    def flows(self, v: Any) -> Iterator[Flow]:
        """What moves, from where to where, how fast [unit of the state / day], never below 0."""
        yield Flow("loss", out_of="drug", rate=v.loss * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        """What others may read: other mechanisms, assays, care rules."""
        return {"effect": v.drug / (v.drug + v.half_effect)}

    def contributes(self, v: Any) -> dict[str, Any]:
        """What each port is multiplied by."""
        return {"production": 1 - v.largest * v.drug / (v.drug + v.half_effect)}
'''

MECHANISM_NUMBERS = """title = "NAME"

# Use it: in a drug, product or scenario file, under [modules]:   "drug.NAME" = "NAME"

[drug.NAME.loss]                  # every number of the mechanism; drugs and products may change it
value = 0.7
unit = "1/day"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"
variability = { distribution = "log-normal", sd = 0.3 }     # how patients differ; leave it out for none

[drug.NAME.half_effect]
value = 10
unit = "mg"
kind = "assumed"
why = "a template"

[drug.NAME.largest]
value = 0.5
unit = "1"
kind = "assumed"
why = "a template"

# [sources.smith2026]
# title = "Title of the paper"
# year = 2026
# doi = "10.1000/xyz"
"""

MODEL = '''"""NAME: what the model explains, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class PublishedModel(Module):
    """The equations as the paper prints them [smith2026].

    Leaves out: what the paper leaves out.
    """

    role = "therapy"

    car_t = State("cell", "CAR-T cells (the paper's symbol)")
    tumour = State("cell", "tumour cells", start=lambda v: v.tumour_at_infusion)

    tumour_left = Publishes("1", "tumour as a share of that at infusion")

    tumour_at_infusion = Param("cell", "tumour cells at infusion")
    expansion = Param("1/cell/day", "expansion on a tumour cell")
    death = Param("1/day", "death of CAR-T")
    growth = Param("1/day", "growth of the tumour")
    kill = Param("1/cell/day", "killing by a CAR-T cell")

    infusion = Entry("cell", "CAR-T infusion", into={"car_t": 1.0})

    def flows(self, v: Any) -> Iterator[Flow]:
        """What moves, from where to where, how fast [cell/day]."""
        yield Flow("expansion", into="car_t", rate=v.expansion * v.car_t * v.tumour)
        yield Flow("death", out_of="car_t", rate=v.death * v.car_t)
        yield Flow("growth", into="tumour", rate=v.growth * v.tumour)
        yield Flow("killing", out_of="tumour", rate=v.kill * v.car_t * v.tumour)

    def published(self, v: Any) -> dict[str, object]:
        """What can be looked at besides the states."""
        return {"tumour_left": v.tumour / v.tumour_at_infusion}
'''

MODEL_NUMBERS = """title = "NAME"
about = "What the model explains. See: livingdrug models show NAME"
days = 100                        # how long a course is shown
read = "once"                     # "twice" when a second reader's file stands in tests/second_reading/

[modules]
therapy = "NAME"                  # the Python file

# Every number in the paper's own unit; kind: measured | fitted | derived | assumed; source and where, or why.
[therapy]
tumour_at_infusion = { value = 1e10, unit = "cell", kind = "assumed", why = "a template" }
expansion = { value = 5e-11, unit = "1/cell/day", kind = "assumed", why = "a template" }
death = { value = 0.1, unit = "1/day", kind = "assumed", why = "a template" }
growth = { value = 0.05, unit = "1/day", kind = "assumed", why = "a template" }
kill = { value = 1e-10, unit = "1/cell/day", kind = "assumed", why = "a template" }

# [sources.smith2026]
# title = "Title of the paper"
# year = 2026
# doi = "10.1000/xyz"

[dose]                            # or: absent = "why the model has no dose"
into = "therapy.infusion"
unit = "cell"
usual = { value = 1e8, unit = "cell", kind = "assumed", why = "a template" }

[conditioning]                    # or: parameter, unit and says
absent = "the model has no host cells for conditioning to act on"

[observe.cells]                   # cells, blood, transgene and tumour_left are laid over those of other models
path = "therapy.car_t"
unit = "cell"
of = "CAR-T cells"

[observe.tumour]
path = "therapy.tumour"
unit = "cell"
of = "tumour cells"

[observe.tumour_left]
path = "therapy.tumour_left"
unit = "1"
of = "tumour, as a share of that at infusion"

# [[published]]                   # a figure that the paper states, as a measure of a course
# measure = "peak_day(cells)"
# unit = "day"
# value = 10
# source = "smith2026"
# where = "Table 2"
"""

FILES: dict[str, list[tuple[str, str]]] = {
    "mechanism": [
        ("library/mechanisms/NAME.py", MECHANISM),
        ("library/mechanisms/NAME.toml", MECHANISM_NUMBERS),
    ],
    "model": [
        ("library/models/NAME.py", MODEL),
        ("library/models/NAME.toml", MODEL_NUMBERS),
    ],
}
