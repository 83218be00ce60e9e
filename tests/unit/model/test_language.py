"""The model language: a model does what its modules declare, and wiring mistakes are found before a step is taken."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import UnitError, WiringError
from livingdrug.model import (
    Adds,
    Change,
    Covariate,
    Derived,
    Entry,
    Flow,
    Hazard,
    Module,
    Multiplies,
    Param,
    Port,
    Publishes,
    Reads,
    State,
    Switch,
    assemble,
)
from livingdrug.model.math import hill, maximum, smooth_step, where
from livingdrug.units import factor, quantity, registry
from thoroughness import some


class Clone(Module):
    role = "tumour"
    burden0 = Param("cell", "burden at the start")
    growth = Param("1/day", "division")
    turnover = Param("1/day", "death without treatment")
    waking = Param("1/day", "share of sheltered cells that wake each day")
    awake = State("cell", "growing cells", start=lambda v: v.burden0, clone=True)
    asleep = State("cell", "sheltered cells", start=7.0, clone=True)
    hunters = Reads("kinetics.effector", "cell", absent=0.0)

    def flows(self, v):
        yield Flow("division", into="awake", per="awake", rate=v.growth + v.turnover)
        yield Flow("death", out_of="awake", per="awake", rate=v.turnover)
        yield Flow("waking", out_of="asleep", into="awake", per="asleep", rate=v.waking)

    antigen = Publishes("cell", "cells that bear antigen")

    def published(self, v):
        return {"antigen": v.awake}


class Effectors(Module):
    role = "kinetics"
    rho = Param("1/day", "expansion")
    half = Param("cell", "antigen at half-maximal expansion")
    weight = Covariate("kg", "body weight")
    share = Derived("1", "engrafted share", lambda v: v.weight / 100.0)
    effector = State("cell", "effector cells")
    dose = Entry("cell", "infusion", into={"effector": lambda v: v.share})
    help = Port("1", "help by the surroundings")
    noise = Port("1/day", "extra loss", combine="add")
    antigen = Reads("tumour.antigen", "cell")
    dead = Hazard("of death", ends=True)
    halted = Switch("expansion halted")

    def flows(self, v):
        yield Flow(
            "expansion",
            into="effector",
            per="effector",
            rate=v.rho * v.help * hill(v.antigen, v.half, 1.5) * (1 - v.halted),
        )
        yield Flow("loss", out_of="effector", per="effector", rate=v.noise)


class Drug(Module):
    role = "drug.x"
    level = State("mg", "amount in blood")
    strength = Param("1", "how much help is left")
    help = Multiplies("kinetics.help")
    loss = Adds("kinetics.noise", "1/day")

    def contributes(self, v):
        return {"help": v.strength, "loss": 0.25}


VALUES = {
    "tumour.burden0": 100.0,
    "tumour.growth": 0.2,
    "tumour.turnover": 0.05,
    "tumour.waking": 0.01,
    "kinetics.rho": 2.0,
    "kinetics.half": 50.0,
    "weight": 30.0,
    "drug.x.strength": 0.5,
    "tumour.awake": 50.0,
    "tumour.asleep": 10.0,
    "kinetics.effector": 8.0,
    "kinetics.dead": 0.0,
    "drug.x.level": 1.0,
}


def test_derivatives_follow_the_flows() -> None:
    model = assemble(Clone, Effectors, Drug)
    d = model.evaluate(VALUES).derivatives
    assert d["tumour.awake"] == pytest.approx(50 * 0.2 + 10 * 0.01)
    assert d["tumour.asleep"] == pytest.approx(-0.1)
    assert d["kinetics.effector"] == pytest.approx(8 * 2.0 * 0.5 * 0.5 - 8 * 0.25)
    assert model.evaluate({**VALUES, "kinetics.halted": 1.0}).derivatives["kinetics.effector"] == pytest.approx(-2.0)


def test_constants_are_computed_once_per_patient() -> None:
    found = assemble(Clone, Effectors).constants({**VALUES, "weight": np.array([20.0, 50.0])})
    assert found["kinetics.share"] == pytest.approx([0.2, 0.5])
    assert found["kinetics.dose>effector"] == pytest.approx([0.2, 0.5])
    assert found["tumour.awake@start"] == 100.0 and found["tumour.asleep@start"] == 7.0


def test_a_dose_rate_enters_with_its_share() -> None:
    model = assemble(Clone, Effectors)
    d = model.evaluate({**VALUES, "kinetics.dose": 100.0, "kinetics.dose>effector": 0.3}).derivatives
    assert d["kinetics.effector"] == pytest.approx(8 * 2.0 * 0.5 + 30.0)


def test_clones_know_birth_death_and_passage() -> None:
    awake, asleep = assemble(Clone).clone_rates(VALUES)
    assert (awake.birth, awake.death) == pytest.approx((0.25, 0.05))
    assert asleep.passages == (("tumour.awake", 0.01),) and asleep.death == 0.0


def test_symbols_give_the_same_equations_as_numbers() -> None:
    model = assemble(Clone, Effectors, Drug)
    symbols = {
        p: sympy.Symbol(p, real=True) for p in [*VALUES, "kinetics.dose", "kinetics.halted", "kinetics.dose>effector"]
    }
    traced = model.evaluate(symbols).derivatives["kinetics.effector"]
    numbers = {symbols[p]: VALUES.get(p, 0.0) for p in symbols}
    h = 50.0**1.5 / (50.0**1.5 + 50.0**1.5)
    plain = traced.replace(sympy.Function("hill"), lambda *a: sympy.Float(h)).subs(numbers)
    assert float(plain) == pytest.approx(float(model.evaluate(VALUES).derivatives["kinetics.effector"]))


class Reader(Module):
    role = "reader"
    wanted = Reads("tumour.antigenn", "cell")
    x = State("cell", "x")

    def flows(self, v):
        yield Flow("f", into="x", rate=v.wanted)


class Circle(Module):
    role = "a"
    other = Reads("b.q", "1")
    q = Publishes("1", "what the other says")

    def published(self, v):
        return {"q": v.other}


class CircleB(Module):
    role = "b"
    other = Reads("a.q", "1")
    q = Publishes("1", "what the other says")

    def published(self, v):
        return {"q": v.other}


class Signed(Module):
    role = "s"
    n = State("cell", "n", clone=True)

    def flows(self, v):
        yield Change("n", -1.0, "Gompertz")


class Undeclared(Module):
    role = "u"
    rate = Param("1/day", "r")
    x = State("cell", "x")

    def flows(self, v):
        yield Flow("f", into="x", rate=v.rte)


class Nowhere(Module):
    role = "n"
    x = State("cell", "x")

    def flows(self, v):
        yield Flow("f", into="z", rate=1.0)


class Uninvited(Module):
    role = "drug.y"
    help = Multiplies("kinetics.halp")

    def contributes(self, v):
        return {"help": 1.0}


def publishing(declared: dict[str, str], given: list[str]) -> type[Module]:
    """A module that declares these published quantities (attribute -> name) and gives those."""
    publishes = {a: Publishes("cell", "a count", name="" if a == n else n) for a, n in declared.items()}
    names = {"role": "m", "cells": State("cell", "cells"), "size": Param("cell", "a number")}
    shown = {"published": lambda self, v: {n: v.cells for n in given}}
    return type("Publishing", (Module,), {**names, **publishes, **shown})


@settings(max_examples=some(60))
@given(
    st.sets(st.sampled_from(["total", "totals", "blood", "killers"])),
    st.sets(st.sampled_from(["total", "totals", "blood", "killers", "cells"])),
)
def test_what_is_published_is_what_is_declared(declared, given_names) -> None:
    module = publishing({n: n for n in declared}, sorted(given_names))
    if declared == given_names:
        model = assemble(module)
        assert set(model.quantities) == {"m.cells", *(f"m.{n}" for n in declared)}
        assert {q.unit for q in model.quantities.values()} == {"cell"}
        return
    with pytest.raises(WiringError) as told:
        assemble(module)
    text = str(told.value)
    odd = (given_names - declared) or (declared - given_names)
    assert "m publishes" in text or "m declares that it publishes" in text
    assert "module 'test_language'" in text and any(f"'{n}'" in text for n in odd)


def test_a_published_quantity_may_share_its_name_with_a_parameter() -> None:
    class Reader(Module):
        role = "r"
        seen, size = State("cell", "seen"), Reads("m.size", "cell")

        def flows(self, v):
            yield Change("seen", v.size, "looks")

    model = assemble(publishing({"now": "size"}, ["size"]), Reader)
    assert model.quantities["m.size"].doc == "a count" and model.declared["m.size"].doc == "a number"
    assert model.evaluate({"m.cells": 3.0, "m.size": 8.0, "r.seen": 0.0}).derivatives["r.seen"] == 3.0


def test_a_reader_is_told_what_zero_means() -> None:
    class Warm(Module):
        role = "w"
        heat = State("delta_degC", "temperature", zero="37 degC")
        surface = Publishes("delta_degC", "skin", zero="33.5 degC")

        def published(self, v):
            return {"surface": v.heat}

    shown = assemble(Warm).quantities
    assert [(q.unit, q.zero) for q in shown.values()] == [("degC", 37.0), ("degC", 33.5)]
    for bad in ("warm", "37", "degC 37"):
        with pytest.raises(ValueError, match="no number and unit"):
            State("delta_degC", "temperature", zero=bad)


def test_the_model_says_where_the_cell_product_enters() -> None:
    def taking(role: str, product: bool) -> type[Module]:
        names = {"role": role, "cells": State("cell", "cells")}
        entries = {n: Entry("cell", n, {"cells": 1.0}, product=product and n == "vein") for n in ("port", "vein")}
        return type("Taking", (Module,), {**names, **entries})

    assert assemble(taking("a", False), taking("b", False)).infusion is None
    for product in ("a", "b"):
        assert assemble(*(taking(r, r == product) for r in "ab")).infusion == f"{product}.vein"
    with pytest.raises(WiringError, match="two entries take the cell product: a.vein and b.vein"):
        assemble(taking("a", True), taking("b", True))


def test_a_port_may_be_scaled_by_the_patient() -> None:
    class Killed(Module):
        role = "host"
        sensitivity, cells = Param("1", "of this patient"), State("cell", "cells")
        kill = Port("1/day", "kill", combine="add", scale=lambda v: v.sensitivity)

        def flows(self, v):
            yield Flow("kill", out_of="cells", rate=v.kill * v.cells)

    def killer(name: str, rate: float) -> type[Module]:
        given = {"contributes": lambda self, v: {"kills": rate}}
        return type("Killer", (Module,), {"role": name, "kills": Adds("host.kill", "1/day"), **given})

    model = assemble(Killed, killer("drug.a", 0.5), killer("drug.b", 1.5))
    seen = model.evaluate({"host.sensitivity": 3.0, "host.cells": 10.0})
    assert seen.published["host.kill"] == 6.0 and seen.derivatives["host.cells"] == -60.0


@pytest.mark.parametrize(
    "modules, message",
    [
        ((Effectors,), "kinetics reads 'tumour.antigen' but no chosen module provides it"),
        ((Clone, Reader), "did you mean 'tumour.antigen'"),
        ((Clone, Clone), "two modules fill the role 'tumour'"),
        ((Circle, CircleB), "in a circle"),
        ((Undeclared,), "did you mean 'rate'"),
        ((Nowhere,), "unknown state 'n.z'"),
        ((Clone, Effectors, Uninvited), "opened no such port"),
        ((), "at least one module"),
    ],
)
def test_wiring_errors_come_before_the_first_step(modules, message) -> None:
    with pytest.raises(WiringError, match=message):
        assemble(*modules)


def test_a_signed_change_bars_the_stochastic_reading() -> None:
    with pytest.raises(WiringError, match="signed change"):
        assemble(Signed).clone_rates({"s.n": 1.0})


def test_functions_are_safe_at_the_edges() -> None:
    assert hill(0.0, 5.0, 0.5) < 1e-4 and hill(-1.0, 5.0, 2.0) < 1e-12 and hill(5.0, 5.0, 3.0) == pytest.approx(0.5)
    assert smooth_step(1e9, 0.0, 1e-3) == 1.0 and where(True, 1.0, 2.0) == 1.0 and maximum(-1.0, 0.0) == 0.0


def test_functions_check_their_units() -> None:
    q = registry().Quantity
    assert hill(q(5.0, "cell"), q(5.0, "cell"), 1.0) == pytest.approx(0.5)
    with pytest.raises(Exception, match="dimensionless"):
        hill(q(5.0, "cell"), q(5.0, "mg"), 1.0)
    assert maximum(q(1.0, "cell"), q(2.0, "cell")).units == q(1.0, "cell").units


def test_units_at_the_border() -> None:
    assert quantity("8 mg/kg", "g/kg") == pytest.approx(0.008)
    assert quantity("6 h", "day") == pytest.approx(0.25)
    assert factor("cell/uL", "cell/L") == pytest.approx(1e6)
    assert quantity(3, "day") == 3.0
    for bad in ("3 parsecs/fortnight", "lots", "5 celll"):
        with pytest.raises(UnitError):
            quantity(bad, "day")
