"""Clones whose fate is known: one killed by cells that fade, one that is sheltered and feeds a third."""

from livingdrug.model import Flow, Module, Param, Reads, State, assemble


class Clones(Module):
    """`alone` is killed by fading killers; `sheltered` neither grows nor dies and wakes into `exposed`."""

    role = "tumour"
    alone = State("cell", "killed by cells that fade", start=lambda v: v.founders, clone=True)
    sheltered = State("cell", "sheltered", start=lambda v: v.resting, clone=True)
    exposed = State("cell", "exposed", start=lambda v: v.awake, clone=True)
    killers = State("1", "killing cells, relative", start=1.0)
    founders = Param("cell", "cells at the start")
    growth = Param("1/day", "net growth")
    turnover = Param("1/day", "death without treatment")
    kill = Param("1/day", "kill at the start")
    fade = Param("1/day", "loss of the killers")
    resting = Param("cell", "sheltered cells at the start")
    awake = Param("cell", "exposed cells at the start")
    wake = Param("1/day", "waking")
    birth = Param("1/day", "division of exposed cells")
    death = Param("1/day", "death of exposed cells")

    def flows(self, v):
        yield Flow("division", into="alone", rate=v.growth + v.turnover, per="alone")
        yield Flow("killing", out_of="alone", rate=v.turnover + v.kill * v.killers, per="alone")
        yield Flow("fading", out_of="killers", rate=v.fade * v.killers)
        yield Flow("waking", out_of="sheltered", into="exposed", rate=v.wake, per="sheltered")
        yield Flow("birth", into="exposed", rate=v.birth, per="exposed")
        yield Flow("death", out_of="exposed", rate=v.death, per="exposed")


class Integral(Module):
    """Q' = death / cells of `alone`, with extinction off."""

    role = "integral"
    q = State("1", "integral of death over cells")
    cells = Reads("tumour.alone", "cell")
    killers = Reads("tumour.killers", "1")
    turnover = Param("1/day", "as in the tumour")
    kill = Param("1/day", "as in the tumour")

    def flows(self, v):
        yield Flow("up", into="q", rate=(v.turnover + v.kill * v.killers) / v.cells)


CLONES = assemble(Clones)
WITH_INTEGRAL = assemble(Clones, Integral)
QUIET = {
    "tumour.founders": 0.0,
    "tumour.growth": 0.1,
    "tumour.turnover": 0.05,
    "tumour.kill": 0.0,
    "tumour.fade": 0.1,
    "tumour.resting": 0.0,
    "tumour.awake": 0.0,
    "tumour.wake": 0.0,
    "tumour.birth": 0.1,
    "tumour.death": 0.1,
}
