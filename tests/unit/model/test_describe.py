"""A model in words and in LaTeX says what the model is, and nothing of it is left out."""

from livingdrug.model import (
    Derived,
    Entry,
    Flow,
    Hazard,
    Module,
    Param,
    Port,
    Publishes,
    Reads,
    State,
    Switch,
    assemble,
)
from livingdrug.model.describe import (
    equations_latex,
    happenings,
    model_html,
    model_text,
)
from livingdrug.model.math import hill, maximum, smooth_step, where


class Growth(Module):
    """Cells that grow
    where there is room. More words.

    Leaves out: all else.
    """

    role = "cells"
    number = State("cell", "cells", start=1.0)
    few = State("cell", "a clone", start=1.0, clone=True)
    danger = Hazard("a fatal event", ends=True)
    rate = Param("1/day", "growth rate")
    half = Param("cell", "half")
    twice = Derived("1/day", "twice the rate", lambda v: 2 * v.rate)
    slowed = Port("1", "slowing")
    given = Entry("cell", "cells given", {"number": 1.0})
    on = Switch("treatment is on")

    def flows(self, v):
        yield Flow("growth", into="number", rate=v.twice * v.number * hill(v.number, v.half, 2.0) * v.slowed)
        yield Flow("loss", out_of="number", rate=where(v.number > v.half, v.rate, 0.0) * maximum(v.number, v.half))
        yield Flow("end", into="danger", rate=v.rate * smooth_step(v.number, v.half, v.half / 8))
        yield Flow("birth", into="few", per="few", rate=v.rate)

    share = Publishes("1", "how full it is")

    def published(self, v):
        return {"share": v.number / v.half}


class Reader(Module):
    """Reads the share.

    Leaves out: all else.
    """

    role = "reader"
    seen = State("1", "seen")
    share = Reads("cells.share", "1")

    def flows(self, v):
        yield Flow("look", into="seen", rate=v.share)


MODEL = assemble(Growth, Reader)


def test_every_state_number_flow_and_event_is_said():
    text, html = model_text(MODEL), model_html(MODEL)
    for words in (
        "cells (test_describe): Cells that grow where there is room",
        "number [cell]",
        "rate [1/day]",
        "growth: -> number",
        "loss: number ->",
        "cells.share",
        "given [cell]",
    ):
        assert words in text and words.replace("->", "-&gt;").removeprefix("cells (test_describe): ") in html
    assert repr(MODEL) == text and "More words" not in text
    said = "\n".join(happenings(MODEL))
    for words in (
        "a dose of cells.given [cell] lands in number",
        "may switch cells.on",
        "cells.danger may strike and ends",
        "cells.few is counted cell by cell",
    ):
        assert words in said


def test_equations_are_written_out_and_short():
    found = equations_latex(MODEL)
    assert set(MODEL.states) <= set(found) and "cells.share" in found
    number = r"\mathrm{number}_{\mathrm{cells}}"
    assert found["cells.number"].startswith(rf"\frac{{d\,{number}}}{{dt}} = ")
    assert found["reader.seen"] == (r"\frac{d\,\mathrm{seen}_{\mathrm{reader}}}{dt} = \mathrm{share}_{\mathrm{cells}}")
    assert found["cells.share"] == (
        r"\mathrm{share}_{\mathrm{cells}} = "
        rf"\frac{{{number}}}{{\mathrm{{half}}_{{\mathrm{{cells}}}}}}"
    )
    for opaque in ("hill", "smooth", "where", "maximum"):
        assert opaque not in "".join(found.values())
    assert r"\begin{cases}" in found["cells.number"] and r"\max" in found["cells.number"]
    assert "e^{" in found["cells.danger"]
