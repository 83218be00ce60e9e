"""A small leukaemia that is killed by cells which fade, and the deterministic integral that tells how likely it dies out."""

from livingdrug.model import Flow, Module, Param, State, assemble


class Leukaemia(Module):
    """One clone with birth and death, killed by a fading effector; and Q, the integral of death / clone."""

    role = "tumour"
    cells = State("cell", "leukaemic cells", start=lambda v: v.founders, clone=True)
    killers = State("1", "killing cells, relative", start=1.0)
    founders = Param("cell", "cells at the start")
    growth = Param("1/day", "net growth")
    turnover = Param("1/day", "death without treatment")
    kill = Param("1/day", "kill at the start")
    fade = Param("1/day", "loss of the killers")

    def flows(self, v):
        yield Flow("division", into="cells", rate=v.growth + v.turnover, per="cells")
        yield Flow("death", out_of="cells", rate=v.turnover + v.kill * v.killers, per="cells")
        yield Flow("fading", out_of="killers", rate=v.fade * v.killers)


class Integral(Module):
    """Q' = death / cells (run with extinction off)."""

    role = "integral"
    q = State("1", "integral of death over cells")

    from livingdrug.model import Reads

    cells = Reads("tumour.cells", "cell")
    killers = Reads("tumour.killers", "1")
    turnover = Param("1/day", "as in the tumour")
    kill = Param("1/day", "as in the tumour")

    def flows(self, v):
        yield Flow("up", into="q", rate=(v.turnover + v.kill * v.killers) / v.cells)


class Sheltered(Module):
    """Two clones: a sheltered one that neither grows nor dies and wakes into an exposed one, which grows and is killed."""

    role = "tumour"
    sheltered = State("cell", "sheltered", start=lambda v: v.resting, clone=True)
    exposed = State("cell", "exposed", start=lambda v: v.founders, clone=True)
    resting = Param("cell", "sheltered cells at the start")
    founders = Param("cell", "exposed cells at the start")
    wake = Param("1/day", "waking")
    birth = Param("1/day", "division of exposed cells")
    death = Param("1/day", "death of exposed cells")

    def flows(self, v):
        yield Flow("waking", out_of="sheltered", into="exposed", rate=v.wake, per="sheltered")
        yield Flow("division", into="exposed", rate=v.birth, per="exposed")
        yield Flow("death", out_of="exposed", rate=v.death, per="exposed")


def leukaemia():
    return assemble(Leukaemia)


def with_integral():
    return assemble(Leukaemia, Integral)


def sheltered():
    return assemble(Sheltered)
