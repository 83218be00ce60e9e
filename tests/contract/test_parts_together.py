"""Parts that do not belong together are told or refused, each as its kind: generated from what the library has."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livingdrug
from livingdrug import biology, library
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.model import Param
from livingdrug.scenario import Resolved, resolve, together
from livingdrug.scenario.numbers import assembled, fitting, idle
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.numbers import Product, Tumour
from livingdrug.spec.typed import read
from livingdrug.trial.applicability import _parts
from livingdrug.trial.ground import Ground, Seen
from thoroughness import some_of, thorough

SOLID = "ct041-st-01"
MISMATCH = ("is against", "was published of patients with", "the cells are a donor's")


def odd(found: Resolved) -> list[str]:
    return [n for arm in found.arms for n in arm.resolved.notes if any(word in n for word in MISMATCH)]


# --- numbers of a tumour in space ------------------------------------------------------------------------------------


def ends() -> list[tuple[str, float]]:
    """Numbers of the solid tumour with a least value, or one that they must exceed; and a value that is too little."""
    model = resolve(SOLID).model()
    found = [(path, d) for path, d in model.declared.items() if isinstance(d, Param)]
    low = [(path, d.least - 1e-6 * max(d.least, 1)) for path, d in found if d.least is not None]
    return low + [(path, float(d.above)) for path, d in found if not isinstance(d.above, str)]


def test_less_than_a_tumour_can_have_is_refused_with_the_least() -> None:
    assert {"tumour.lesions", "tumour.burden", "tumour.car_t_most"} <= {path for path, _ in ends()}
    for path, value in ends():
        for said in {value, 0.0}:
            with pytest.raises(ScenarioError, match=rf"{path} = \S+( cell)? is (below|not above)") as refused:
                resolve(SOLID, {path: said})
            assert "or more" in str(refused.value.allowed) or "above" in str(refused.value.allowed)


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 5), st.floats(0.01, 0.8))
def test_parts_that_are_no_whole_are_refused(k: int, by: float) -> None:
    shares = {f"tumour.share_{i}": resolve(SOLID).parameters[f"tumour.share_{i}"].value for i in range(6)}
    path, other = f"tumour.share_{k}", f"tumour.share_{(k + 1) % 6}"
    with pytest.raises(ScenarioError, match="add up to") as refused:
        resolve(SOLID, {path: by * shares[path]})
    assert "add up to 1" in str(refused.value.allowed)
    moved = {path: by * shares[path], other: shares[other] + (1 - by) * shares[path]}
    assert resolve(SOLID, moved).parameters[path].value == pytest.approx(by * shares[path])


# --- mechanisms and what they act on ---------------------------------------------------------------------------------

NATIVE = {stem: biology.find(stem).role for stem in library.names("mechanisms")}
CROSSED = [
    (stem, role)
    for stem, own in NATIVE.items()
    for role in sorted(set(NATIVE.values()))
    if "." in role and role != own and role.partition(".")[0] == own.partition(".")[0]
]


def test_a_role_that_says_another_mechanism_is_refused() -> None:
    assert ("checkpoint_switch", "armour.tgf") in CROSSED
    for stem, role in CROSSED[:: 1 if thorough() else 9] + [("checkpoint_switch", "armour.tgf")]:
        with pytest.raises(ScenarioError, match=rf"fills the role '{NATIVE[stem]}', and '{role}' is that of"):
            fitting(role, stem, "--set")
        assert fitting(f"{role}_of_mine", stem, None) is biology.find(stem), "a name of one's own is nobody's"


@pytest.mark.parametrize("role", sorted(r for r in NATIVE.values() if r.startswith("drug.")))
def test_a_drug_alone_acts_on_nothing_and_says_so(role: str) -> None:
    stem = next(s for s, r in NATIVE.items() if r == role)
    try:
        model = assembled(((role, stem),))
    except LivingDrugError:  # it reads what must be there, and is refused
        return
    acts = [c for m in model.modules.values() for c in m.of(livingdrug.model.Multiplies, livingdrug.model.Adds)]
    assert bool(idle(model)) == bool(acts)


def test_a_donors_cells_that_nothing_tells_from_the_patients_own_are_told() -> None:
    (said,) = odd(resolve("eliana", {"product.origin": "donor"}))
    assert all(stem in said for stem in ("host_versus_graft", "graft_versus_host"))
    assert not odd(resolve("carbon"))


# --- product and disease ---------------------------------------------------------------------------------------------


def of(kind: str, cls: type) -> dict[str, Resolved]:
    from livingdrug.scenario.parts import lineage, whole

    return {n: read(cls, whole(lineage(library.find(kind, n))[-1])) for n in library.names(kind)}


def test_every_product_against_every_disease() -> None:
    products, tumours = of("products", Product), of("tumours", Tumour)
    assert all(t.antigens for t in tumours.values()), "each disease says of which antigens its numbers are"
    for (name, product), (disease, tumour) in itertools.product(products.items(), tumours.items()):
        files = {"product": [library.find("products", name)], "tumour": [library.find("tumours", disease)]}
        told = together.unborne(product, tumour, files)
        missing = [x for x in product.targets if x not in tumour.antigens]
        assert bool(told) == bool(missing)
        assert all(f"'{name}'" in n and f"'{disease}'" in n and x in n for n in told for x in missing)


def test_trials_of_the_library_have_parts_that_belong_together() -> None:
    wrong = {name: said for name in library.names("trials") if (said := odd(resolve(name)))}
    assert not wrong


@pytest.mark.parametrize(
    ("trial", "product"),
    some_of([("eliana", "satricabtagene-autoleucel"), ("karmma", "axicabtagene-ciloleucel"),
             ("zuma-1", "idecabtagene-vicleucel"), ("eliana", "cd22")]),
)  # fmt: skip
def test_a_product_against_what_the_disease_lacks_is_told_in_the_check_and_the_verdict(
    trial: str, product: str
) -> None:
    found = resolve(trial, {"product": product})
    assert len(odd(found)) == 1
    told = _parts(Seen(product, found.arms[0]), Ground(()))
    assert found.product.targets[0] in next(f.said for f in told if f.name == "antigen")


# --- comparators -----------------------------------------------------------------------------------------------------


def test_every_comparator_says_whose_it_was_and_another_disease_is_told() -> None:
    for name, comparator in of("comparators", Comparator).items():
        assert comparator.tumours and set(comparator.tumours) <= set(library.names("tumours")), name
        for disease in library.names("tumours"):
            files = {"comparator": [library.find("comparators", name)], "tumour": [library.find("tumours", disease)]}
            told = together.of_another_disease(comparator, files)
            assert bool(told) == (disease not in comparator.tumours)
    assert len(odd(resolve("zuma-1", {"comparator": "gastric-third-line-tipiracil"}))) == 1
    assert not odd(resolve("zuma-1", {"comparator": "lbcl-refractory-chemotherapy"}))


@pytest.mark.parametrize(
    "word",
    ['[arm.modules]\n"armour.tgf" = "decoy_receptor"', 'product = "cd22"', 'drugs = ["anakinra"]',
     "[arm.product]\norigin = \"donor\"", "[arm.protocol.schedule.fludarabine]\nat_most = \"30 mg/m2\"",
     '[arm.modules]\n"safety.caspase" = "caspase_switch"', 'manufacture = "tisagenlecleucel"'],
)  # fmt: skip
def test_what_an_arm_without_cells_cannot_have_is_refused(word: str, tmp_path: Path) -> None:
    file = tmp_path / "arms.toml"
    arm = '[[arm]]\nname = "{}"\ncomparator = "b-all-young-clofarabine"\n{}\n'
    file.write_text('trial = "eliana"\n' + arm.format("care", word), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        resolve(file)
    assert "would change nothing: this arm has a comparator" in refused.value.what
    assert str(refused.value.where).endswith((":5", ":6")) and refused.value.mend


# --- conditions that the population leaves nobody for -----------------------------------------------------------------

RULE = """[[protocol.rule]]
name = "late"
new = true
when = "{}"
check = "day 3"
kind = "assumed"
why = "a question"
do = {{ give = "tocilizumab", amount = "8 mg/kg" }}
"""
COLUMN = '[[column]]\nname = "late"\nnew = true\nvalue = "{}"\n'
BOUNDED = {n: c for n, c in resolve("eliana").covariates.items() if c.low is not None and c.high is not None}


@pytest.mark.parametrize("name", some_of(BOUNDED, one_in=3))
def test_a_condition_that_no_patient_of_the_population_can_meet_is_told(name: str, tmp_path: Path) -> None:
    c = BOUNDED[name]
    unit, far = "" if c.unit == "1" else f" {c.unit}", c.high + 0.5 * (c.high - c.low)
    file = tmp_path / "mine.toml"
    for shape, value, nobody in ((RULE, far, True), (COLUMN, far, True), (COLUMN, (c.low + c.high) / 2, False)):
        file.write_text('trial = "eliana"\n' + shape.format(f"{name} > {value:g}{unit}"), encoding="utf-8")
        trial = livingdrug.Trial(file)
        trial.check()
        told = [n for arm in trial.resolved.arms for n in trial.design(arm).told if "is never true of" in n]
        assert len(told) == nobody and all(name in n and "mine.toml:5" in n and f"{c.high:g}" in n for n in told)
