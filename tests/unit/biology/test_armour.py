"""Lesions of a patient, armoured CAR-T, and gates over antigen classes: what each changes in a place, and what not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.biology.solid import CLASSES
from livingdrug.library import find
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.scenario.numbers import assembled
from livingdrug.scenario.parts import lineage
from livingdrug.spec.numbers import Mechanism
from livingdrug.spec.typed import of_file

BASE = (("tumour", "lesions"),)
HOST = (("homeostasis", "homeostatic_cytokines"), ("cytokines", "cytokine_release"))


def flows(parts, **changed):
    """Flows of one well-mixed lesion with CAR-T inside, by name, at the library's numbers; changed: path -> value."""
    model = assembled((*BASE, *parts))
    values = {}
    for _, stem in (*BASE, *parts):
        for entry in lineage(find("mechanisms", stem)):
            for path, data in of_file(Mechanism, entry).numbers.items():
                number = read_parameter(path, data, None, entry.sources, "mechanism", entry.file, None)
                values[path] = number.in_unit(model.unit(path)).value
    values |= {p.replace("__", "."): x for p, x in changed.items()}
    values |= model.constants(values)
    start = {p: np.float64(values.get(f"{p}@start", 0.0)) for p in model.states}
    start |= {"tumour.functional": np.float64(1e7), "tumour.exhausted": np.float64(1e6)}
    found = model.evaluate({**values, **start})
    return {f.name: float(rate) for _, f, rate in found.flows if hasattr(f, "name")}, found


def killed(parts, **changed):
    rates, _ = flows(parts, **changed)
    return np.array([rates[f"killing of class {k}"] for k in CLASSES])


def test_without_antigen_nothing_is_killed() -> None:
    assert killed(())[0] == 0.0 and (killed(())[1:] > 0).all()


@given(negative=st.floats(0.0, 0.95))
def test_cells_without_antigen_are_the_patients_own_share(negative: float) -> None:
    model = assembled(BASE)
    own = {p: 1.0 for p in model.parameters} | {f"tumour.share_{k}": 1 / 6 for k in CLASSES}
    own |= {"tumour.negative_share": negative, "tumour.burden": 1e9}
    values = model.constants(own)
    cells = np.array([values[f"tumour.cells_{k}@start"] for k in CLASSES])
    assert cells.sum() == pytest.approx(1e9) and cells[0] == pytest.approx(negative * 1e9)


def test_what_a_lesion_takes_from_blood_follows_when_blood_is_fitted_anew() -> None:
    """Division while a CAR-T holds a cell, over the time it does in dense tumour, and deaths: as in the class."""
    found = {path: x.value for path, x in resolve("ct041-st-01").parameters.items()}
    own = {name: found[f"tumour.{name}"] for name in ("attach", "kill", "release", "antigen_none", "antigen_full")}
    antigen, share = (np.array([found[f"tumour.{of}_{k}"] for k in CLASSES]) for of in ("antigen", "share"))
    grip = np.clip((antigen - own["antigen_none"]) / (own["antigen_full"] - own["antigen_none"]), 0, 1)
    busy = (share * own["attach"] * grip / (own["kill"] * grip + own["release"])).sum()
    gained = found["tumour.expansion"] * busy / (1 + busy)
    assert gained == pytest.approx(found["kinetics.growth"] - found["kinetics.death"], rel=0.01)
    assert found["tumour.exhausted_death"] == found["kinetics.exhausted_death"]
    assert found["tumour.car_t_death"] == found["kinetics.turnover"]
    assert found["tumour.extravasation"] == pytest.approx(5e6 * found["kinetics.exchange"] / 7e16, rel=0.06)


@pytest.mark.parametrize(("role", "stem"), [("armour.tgf", "decoy_receptor"), ("armour.pd1", "checkpoint_switch")])
def test_a_deaf_cell_kills_and_divides_more(role: str, stem: str) -> None:
    (plain, _), (armoured, _) = flows(()), flows(((role, stem),))
    for name in ("killing of class 3", "expansion"):
        assert armoured[name] > plain[name]
    nothing = {f"{role}.{n}".replace(".", "__"): 0.0 for n in ("taken", "costimulation")}
    (none, _) = flows(((role, stem),), **nothing)
    assert none == pytest.approx(plain), "armour of no strength is no armour"


@given(taken=st.floats(0.0, 1.0))
def test_a_decoy_never_does_more_than_no_tgf_at_all(taken: float) -> None:
    most = killed((), tumour__tgf_dense=0.0)
    some = killed((("armour.tgf", "decoy_receptor"),), armour__tgf__taken=taken)
    assert (killed(()) <= some * (1 + 1e-12)).all() and (some <= most * (1 + 1e-12)).all()


def test_interleukin_12_kills_beside_whatever_the_antigen() -> None:
    plain, armoured = killed(()), killed((*HOST, ("armour.il12", "interleukin_12")))
    assert armoured[0] > 0.0 and (armoured > plain).all()


@pytest.mark.parametrize(
    ("role", "stem", "flow"),
    [
        ("armour.il12", "interleukin_12", "interferon woken by interleukin 12"),
        ("armour.il15", "interleukin_15", "interleukin 15 made by CAR-T"),
    ],
)
def test_each_adds_its_own_cytokine(role: str, stem: str, flow: str) -> None:
    rates, _ = flows((*HOST, (role, stem)), tumour__lesions=2.0)
    more, _ = flows((*HOST, (role, stem)), tumour__lesions=4.0)
    assert rates[flow] > 0 and more[flow] == pytest.approx(2 * rates[flow]), "as many lesions, as much of it"


def test_interleukin_15_lets_cells_divide_without_antigen() -> None:
    none = {f"tumour__antigen_{k}": 0.0 for k in CLASSES}
    assert flows((), **none)[0]["expansion"] == 0.0
    assert flows((*HOST, ("armour.il15", "interleukin_15")), **none)[0]["expansion"] > 0.0


@given(second=st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6))
def test_either_antigen_holds_more_and_both_hold_fewer(second: list[float]) -> None:
    given_ = {f"gate__second_{k}": x for k, x in enumerate(second)}
    one = {k: flows(())[1].published["tumour.antigen"] for k in (0,)}[0]
    either = flows((("gate", "or_gate"),), **given_)[1].published["tumour.antigen"]
    both = flows((("gate", "and_gate"),), **given_)[1].published["tumour.antigen"]
    assert both <= one * (1 + 1e-12) and one <= either * (1 + 1e-12)


def test_gates_at_their_ends_are_one_antigen_none_or_all() -> None:
    plain = killed(())
    full, empty = ({f"gate__second_{k}": x for k in CLASSES} for x in (1.0, 0.0))
    assert killed((("gate", "or_gate"),), **empty) == pytest.approx(plain)
    assert killed((("gate", "and_gate"),), **full) == pytest.approx(plain)
    assert killed((("gate", "and_gate"),), **empty) == pytest.approx(np.zeros(6))
    assert killed((("gate", "or_gate"),), **full)[0] > 0.0


def test_less_help_from_the_host_is_less_division() -> None:
    with_help = flows((("homeostasis", "homeostatic_cytokines"),))[0]["expansion"]
    assert with_help < flows(())[0]["expansion"], "a host with its lymphocytes allows less than a depleted one"
