"""From collection to infusion: lots, days and losses, who gets what, and results of everybody enrolled."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.stats import nbinom

import livingdrug
from laid_out import trials
from livingdrug import library
from livingdrug.cohort import draw
from livingdrug.engine import cache
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.model.alone import alone
from livingdrug.plot.journey import Calendar
from livingdrug.plot.marks import Band
from livingdrug.scenario import resolve
from livingdrug.trial.before_infusion import NO_LOT, before_infusion, steps, told
from livingdrug.trial.enrolment import enrol
from livingdrug.trial.slots import line

ADULT, CHILD = ("juliet", "tisagenlecleucel"), ("eliana", "tisagenlecleucel-leukaemia")
MADE_FOR = {
    CHILD[1]: "eliana",
    "axicabtagene-ciloleucel": "zuma-1",
    "lisocabtagene-maraleucel": "transcend-nhl-001",
    "relmacabtagene-autoleucel": "transcend-nhl-001",
    "brexucabtagene-autoleucel": "zuma-2",
    "idecabtagene-vicleucel": "karmma",
    "ciltacabtagene-autoleucel": "cartitude-1",
    "equecabtagene-autoleucel": "karmma",
    "obecabtagene-autoleucel": "obecabtagene-adult-b-all",
}


def before(trial: str, manufacture: str, patients: int = 1000, seed: int = 1, **sets: object):
    resolved = resolve(trial, {"manufacture": manufacture, **{k.replace("__", "."): x for k, x in sets.items()}})
    return before_infusion(resolved, draw(resolved, np.arange(patients), seed), resolved.protocol.follow_up)


def constants(stem: str, **numbers: float) -> dict[str, float]:
    """The constants of one step by itself."""
    from livingdrug import biology

    model = alone(biology.find(stem))
    role = biology.find(stem).role
    given_ = {p: numbers.get(p.partition(".")[2] if p.startswith(f"{role}.") else p, 1.0) for p in model.parameters}
    with np.errstate(all="ignore"):
        return {p.removeprefix(f"{role}."): float(x) for p, x in model.constants(given_).items()}


# ---- the closed forms are the equations that they are said to solve ----

SHAPES = settings(max_examples=8, derandomize=True, deadline=None)


@SHAPES
@given(st.floats(0.5, 14), st.floats(0.2, 1.2), st.floats(3, 9), st.floats(7, 9), st.floats(9.2, 11))
def test_growth_is_the_logistic_equation_with_a_fading_rate(days, growth, fading, seeded, capacity):
    own = {"days": days, "lag": 1.5, "growth": growth, "fading": fading, "capacity": 10**capacity, "selected": 1.0}
    found = constants(
        "culture", **own, most_seeded=10**seeded, bendamustine_draw=2.0, **{"leukapheresis.collected": 1e12}
    )
    slope = lambda t, a: growth * np.exp(-(t - 1.5) / fading) * a * (1 - a / 10**capacity)  # noqa: E731
    end = solve_ivp(slope, (1.5, days), [10**seeded], rtol=1e-9).y[0, -1] if days > 1.5 else 10**seeded
    assert found["cells"] == pytest.approx(end, rel=1e-6)


@SHAPES
@given(st.floats(0, 5), st.floats(0.05, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_the_phenotype_is_the_chain_of_stages(divided, moving, stem, central):
    own = {"moving": moving, "held": 1.0, "stem_share": stem, "central_share": central}
    found = constants("phenotype", **own, **{"culture.divided": divided})
    first = [stem, (1 - stem) * central, (1 - stem) * (1 - central), 0.0]
    step = 2 * moving

    def slope(_, x):
        return [(1 - step) * x[0], *((1 - step) * x[i] + step * x[i - 1] for i in (1, 2)), x[3] + step * x[2]]

    cells = solve_ivp(slope, (0, divided), first, rtol=1e-10, atol=1e-12).y[:, -1]
    stages = ("stem_like", "central_memory", "effector_memory", "effector")
    assert [found[s] for s in stages] == pytest.approx(list(cells / cells.sum()), abs=1e-6)


@SHAPES
@given(st.floats(0.05, 5), st.floats(0.3, 5), st.floats(0.3, 1))
def test_transduction_is_negative_binomial(mean, shape, susceptible):
    own = {"integrations": mean, "dispersion": shape, "susceptible": susceptible, "lot_titre": 1.0}
    found = constants("transduction", **own)
    none = nbinom.pmf(0, shape, shape / (shape + mean))
    assert found["car_share"] == pytest.approx(susceptible * (1 - none))
    assert found["copies"] == pytest.approx(mean / (1 - none))


@SHAPES
@given(st.floats(0.01, 0.99), st.floats(0, 0.1), st.floats(0, 1), st.floats(9, 12))
def test_the_day_of_dropping_out_is_where_the_hazard_passes_its_draw(drawn, growth, power, burden):
    own = {"disease_draw": drawn, "growth": growth, "hazard_power": power, "burden": 10**burden, "bridged": 0.0}
    found = constants(
        "waiting", **own, disease_rate=0.01, reference_burden=1e11, usual_days=30, **{"journey.days": 1e9}
    )
    at = lambda t: 0.01 * (10**burden / 1e11 * np.exp(growth * (t - 30))) ** power  # noqa: E731
    passed = quad(at, 0, found["disease_day"], limit=200)[0]
    assert passed == pytest.approx(-np.log(drawn), rel=1e-3)


# ---- what is published of making ----


@pytest.mark.parametrize(("trial", "manufacture"), [ADULT, pytest.param(*CHILD, marks=pytest.mark.thorough)])
def test_cells_of_day_three_are_six_times_as_potent_as_those_of_day_nine(trial, manufacture):
    potent = [np.median(before(trial, manufacture, 4000, culture__days=d).columns["potency"]) for d in (3, 9)]
    assert 5.8 < potent[0] / potent[1] < 8


def test_the_child_s_collection_and_transduction_lie_in_the_published_middle_halves():
    made = before(*CHILD, patients=4000).columns
    assert 1.2e9 < np.median(made["t_cells_collected"]) < 4.1e9
    assert 100 * np.percentile(made["car_positive"], [25, 50, 75]) == pytest.approx([12, 17.4, 23.1], abs=1)


@pytest.mark.thorough
@pytest.mark.parametrize("manufacture", sorted(MADE_FOR))
def test_a_usual_lot_engrafts_as_the_cells_to_which_the_model_was_fitted(manufacture):
    trial = MADE_FOR[manufacture]
    plain = draw(resolve(trial), np.arange(4000), 1).of("kinetics.engraftment")
    made = before(trial, manufacture, patients=4000).cohort.of("kinetics.engraftment")
    assert np.median(np.log(made)) == pytest.approx(np.median(np.log(plain)), abs=0.06)
    assert np.log(made).std() == pytest.approx(np.log(plain).std(), rel=0.08)


@pytest.mark.parametrize("manufacture", sorted(MADE_FOR))
def test_the_usual_lot_and_the_usual_wait_of_a_product_are_what_its_file_says(manufacture):
    trial = MADE_FOR[manufacture]
    made = before(trial, manufacture)
    assert np.median(made.cohort.of("transduction.density")) == pytest.approx(1, rel=0.05)
    assert np.median(made.cohort.of("phenotype.worth") / made.cohort.of("phenotype.usual_worth")) == pytest.approx(
        1, rel=0.06
    )
    waited = np.median(made.columns["vein_to_vein"]) / made.cohort.of("waiting.usual_days")
    assert waited == pytest.approx(1, rel=0.06)
    assert np.median(made.cohort.of("waiting.swelling")) == pytest.approx(1, rel=0.06)


def test_bendamustine_fails_lots_and_a_second_lot_helps():
    one = before("zuma-1", "axicabtagene-ciloleucel", patients=4000, culture__bendamustine=0.3)
    two = before("zuma-1", "axicabtagene-ciloleucel", patients=4000, culture__bendamustine=0.3, release__lots=2)
    after = one.columns["after_bendamustine"] > 0
    out = one.columns["first_in_specification"] == 0
    assert out[after].mean() > 5 * out[~after].mean()
    again = two.columns["lots"] == 2
    assert (again == out).all() and 0.2 < two.columns["in_specification"][again].mean() < 0.8
    assert (two.columns["enrolment_day"][again] <= one.columns["enrolment_day"][again]).all()
    assert two.columns["manufacturing_failure"].sum() < one.columns["manufacturing_failure"].sum()


# ---- what holds of every patient ----


def test_a_shorter_way_loses_nobody_whom_a_longer_one_keeps():
    long, short = (before(*ADULT, journey__testing=d, journey__readying=d) for d in (16, 3))
    assert not (short.columns["dropped_out"] > long.columns["dropped_out"]).any()
    assert short.columns["dropped_out"].sum() < 0.7 * long.columns["dropped_out"].sum()
    assert (short.cohort.of("tumour.burden") <= long.cohort.of("tumour.burden")).all()


def test_patients_do_not_depend_on_who_is_enrolled_with_them():
    arm = resolve(ADULT[0], {"manufacture": ADULT[1], "release.lots": 2}).arms[0]
    plan = livingdrug.Trial(ADULT[0], {"manufacture": ADULT[1], "release.lots": 2}).design(arm)
    whole = enrol(arm, plan, np.arange(300), 3)
    parts = [enrol(arm, plan, np.arange(*span), 3) for span in ((0, 77), (77, 300))]
    assert whole.status == (*parts[0].status, *parts[1].status)
    for name, x in whole.before.columns.items():
        assert np.array_equal(x, np.concatenate([p.before.columns[name] for p in parts])), name
    assert np.array_equal(whole.patients.doses, np.concatenate([p.patients.doses for p in parts]))


@pytest.mark.parametrize(("trial", "manufacture"), [ADULT, ("zuma-1", "axicabtagene-ciloleucel")])
def test_nobody_is_given_more_cells_than_are_in_the_bags(trial, manufacture):
    sets = {"manufacture": manufacture, "culture.most_seeded": 2e7, "release.fewest": 1e6}
    arm = resolve(trial, sets).arms[0]
    found = enrol(arm, livingdrug.Trial(trial, sets).design(arm), np.arange(300), 1)
    ready = found.before.ready[found.infused]
    assert (found.dose <= ready * (1 + 1e-12)).all()
    if found.before.as_made.all():
        assert found.dose == pytest.approx(ready)
    assert set(found.status) > {"infused"} and NO_LOT in found.status


@pytest.mark.thorough
def test_split_doses_share_the_lot():
    sets = {"manufacture": ADULT[1]}
    arm = resolve(*ADULT[:1], sets).arms[0]
    infusion = next(d for d in arm.resolved.protocol.schedule if d.give == "infusion")
    three = [infusion.model_copy(update={"name": f"part {i}", "amount": infusion.amount}) for i in range(3)]
    others = [d for d in arm.resolved.protocol.schedule if d.give != "infusion"]
    protocol = arm.resolved.protocol.model_copy(update={"schedule": (*others, *three)})
    split = dataclasses.replace(arm, resolved=dataclasses.replace(arm.resolved, protocol=protocol))
    plan = livingdrug.Trial(*ADULT[:1], sets).design(split)
    one, parts = (
        enrol(arm, livingdrug.Trial(ADULT[0], sets).design(arm), np.arange(99), 1),
        enrol(split, plan, np.arange(99), 1),
    )
    assert parts.dose == pytest.approx(one.dose)


# ---- nothing changes where nothing is manufactured ----


@pytest.mark.thorough
def test_manufacture_adds_no_equation():
    plain, made = resolve(ADULT[0]), resolve(ADULT[0], {"manufacture": ADULT[1]})
    assert cache.text(plain.model()) == cache.text(made.model())


def test_library_trials_begin_at_conditioning_and_their_patients_stay_the_same():
    for name, resolved in trials().items():
        begins_before = library.find("trials", name).data.get("manufacture")  # a trial that counts from randomisation
        assert bool(steps(resolved.model())) == ("manufacture" in resolved.as_dict()) == bool(begins_before)
    plain, made = resolve(ADULT[0]), resolve(ADULT[0], {"manufacture": ADULT[1]})
    ids = np.arange(50)
    before_, after = draw(plain, ids, 1), draw(made, ids, 1)
    for path, x in before_.values.items():
        if not path.startswith("kinetics.engraftment"):
            assert np.array_equal(x, after.values[path]), path


# ---- as infused and as enrolled ----


@pytest.fixture(scope="module")
def result():
    endpoint = {"name": "PFS from enrolment", "start": "enrolment", "events": ["death", "relapse", "lost"]}
    trial = livingdrug.Trial("juliet", {"manufacture": "tisagenlecleucel", "endpoint": [endpoint]})
    return trial.run(patients=90, seed=1)


def test_everybody_enrolled_is_reported(result):
    arm, said = result.arm(), result.json()
    assert sum(said["lost"].values()) + said["patients"]["infused"] == said["patients"]["enrolled"] == 90
    rows = {m["measure"]: m for m in said["measures"]}
    many = (np.asarray(arm.columns["complete"]) == 1).sum()
    assert rows["cr"]["as_enrolled"] == pytest.approx(100 * many / 90)
    assert rows["os_12m"]["as_enrolled"] is not None and rows["dor_6m"]["as_enrolled"] is None
    end = arm.endpoints["PFS from enrolment"]
    lost = np.asarray(arm.columns["lost_day"]) == 0
    assert lost.any() and end.event[lost].all()
    assert end.time[lost] == pytest.approx(-np.asarray(arm.columns["enrolment_day"])[lost])
    assert np.isfinite(end.time).all()
    free = 100 * (~end.event | (end.time > 365.25)).mean()  # nobody is censored within the year
    assert rows["pfs_12m"]["as_enrolled"] == pytest.approx(free)
    assert {*told(result.resolved.model())} <= {*arm.columns} & {*result.dictionary["column"]}


@pytest.mark.thorough
def test_the_report_tells_the_flow_and_both_results(result):
    from livingdrug.report import enrolled, html

    flow, made, both = enrolled.tables(result)
    assert flow.rows[0] == ("Enrolled", "90 (100.0 %)") and "Infused" in {row[0] for row in flow.rows}
    assert any("collected" in row[0] for row in made.rows)
    assert not both.notes and any(row[0].startswith("Complete response") for row in both.rows)
    assert "From enrolment to the end" in html.render(result)


def test_the_flow_counts_everybody_and_who_left_before_the_product_was_ready(result):
    flow = result.flow()
    rows, columns = {r[0]: r[1] for r in flow.table.rows}, result.arm().columns
    ready, infused = columns["product_ready"] > 0, columns["infused"] > 0
    assert rows["Enrolled"].startswith("90 ") and rows["Product ready"].startswith(f"{ready.sum()} ")
    assert rows["Infused"].startswith(f"{infused.sum()} ")
    assert ready[infused].all() and not ready[columns["manufacturing_failure"] > 0].any()
    stages = flow.chart.flows[0].stages
    reasons = {"not infused: " + words for stage in stages[:3] for words, _ in stage.lost}
    assert reasons == set(result.arm().lost)
    assert stages[-1].many == (infused & ~(columns["death_day"] <= columns["end_day"])).sum()


def test_the_journey_begins_at_collection_and_ends_with_the_patient(result):
    columns = result.arm().columns
    infused = columns["infused"] > 0
    for died in (True, False):
        who = int(columns["patient"][infused & ((columns["death_day"] <= columns["end_day"]) == died)][0])
        place = int(np.flatnonzero(columns["patient"] == who)[0])
        one = result.plot(who).journey
        said, wait = dict(one.table.rows), columns["vein_to_vein"][place]
        assert said["Cells taken, grown in the lab, sent back"].startswith(f"{wait:.0f} days: ")
        lab, line, way = (
            int(x.split()[0]) for x in said["Cells taken, grown in the lab, sent back"].split(": ")[1].split(", ")[:3]
        )
        assert lab + line + way == round(wait) or columns["lots"][place] > 1
        assert ("Treatment that holds the cancer back (bridging)" in said) == (columns["bridged"][place] > 0)
        end = min(columns["end_day"][place], 730.5)
        assert said["How it went on"].endswith(f"{'death' if died else 'alive'}, day {end:.0f}")
        (panel,) = one.chart.panels
        curves = [m for m in panel.marks if isinstance(m, Band)]
        last = max(float(m.x[np.isfinite(m.high)].max()) for m in curves)
        assert last == pytest.approx(float(Calendar(-wait).place(end)), abs=0.02), "no course goes on after the end"
        assert float(one.numbers.rows[-1][0]) <= end


def test_who_leaves_before_the_tests_has_no_product():
    found = before(*ADULT, patients=4000)
    values, told_ = found.cohort.values, found.columns
    gone = np.minimum(values["waiting.disease_day"], values["waiting.other_day"])
    dropped = told_["dropped_out"] > 0
    early = dropped & (gone < values["journey.tested"])
    assert early.any() and (dropped & ~early).any()
    assert np.array_equal(told_["product_ready"] > 0, (values["release.usable"] > 0) & ~early)


@pytest.mark.thorough
def test_without_manufacture_shares_are_of_all_enrolled_and_days_are_not_known():
    from livingdrug.report import enrolled

    result = livingdrug.Trial("juliet").run(patients=40, seed=1)
    rows = {m["measure"]: m for m in result.json()["measures"]}
    assert rows["cr"]["as_enrolled"] is not None and rows["os_12m"]["as_enrolled"] is None
    assert enrolled.tables(result)[-1].notes == [enrolled.UNKNOWN]


# ---- a line for slots ----


def erlang(number: int, load: float, held: float) -> tuple[float, float]:
    """Chance to wait, and mean days of waiting, of M/M/c (Erlang's second formula)."""
    offered = number * load
    term = np.cumprod([1.0, *(offered / k for k in range(1, number + 1))])
    full = term[-1] / (1 - load)
    chance = full / (term[:-1].sum() + full)
    return chance, chance * held / (number * (1 - load))


@pytest.mark.parametrize(("number", "load"), [(1, 0.6), pytest.param(4, 0.75, marks=pytest.mark.thorough), (12, 0.8)])
def test_the_line_is_erlang_s(number, load):
    waited = line(number, number * load / 10, 10.0, 1.0, seed=2, kept=10_000)
    chance, mean = erlang(number, load, 10.0)
    assert (waited > 1e-9).mean() == pytest.approx(chance, rel=0.12)
    assert waited.mean() == pytest.approx(mean, rel=0.25)


@pytest.mark.thorough
def test_regular_cultures_halve_the_line():
    waited = line(4, 0.3, 10.0, 0.0, seed=2, kept=10_000)
    assert waited.mean() == pytest.approx(erlang(4, 0.75, 10.0)[1] / 2, rel=0.25)  # Allen and Cunneen


@pytest.mark.thorough
def test_orders_that_fill_the_slots_make_patients_wait():
    few, many = (
        before(*ADULT, modules__slots="slots", slots__number=n, slots__orders="7 1/week", slots__turnover="1 d")
        for n in (11, 30)
    )
    assert np.median(few.columns["vein_to_vein"]) > np.median(many.columns["vein_to_vein"]) + 2
    assert few.columns["dropped_out"].sum() > many.columns["dropped_out"].sum()


# ---- what cannot be is told ----

MAKING = {"manufacture": "tisagenlecleucel"}


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"manufacture": "tisagenlecleucell"}, "unknown manufacture .*did you mean .tisagenlecleucel.\\?"),
        ({"manufacture": 3}, "'manufacture' = 3 is not a name"),
        ({"manufacture.culture.days": 3}, "nothing is manufactured"),
        ({**MAKING, "culture.dayz": 3}, "no number 'culture.dayz'"),
        ({**MAKING, "culture.days": "3 mg"}, "mg"),
        ({**MAKING, "culture.days": -1}, "negative"),
        ({"culture.days": 3}, "no number 'culture.days'"),
        ({**MAKING, "release.lots": 1.5}, "whole number, 1 to 10"),
        ({**MAKING, "release.lots": 0}, "whole number, 1 to 10"),
        ({**MAKING, "modules.release": "culture"}, "fills the role 'culture'"),
        ({**MAKING, "modules.slots": "slots", "slots.number": 2}, "the line grows for ever"),
        ({**MAKING, "modules.slots": "slots", "slots.number": 2.5}, "a whole number"),
        (
            {**MAKING, "modules.slots": "slots", "culture.days.variability": {"distribution": "normal", "sd": 1}},
            "differs",
        ),
        ({**MAKING, "protocol.share.manufacturing_failure": 0.5}, "nothing asks about"),
        pytest.param({**MAKING, "culture.capacity": 0}, "not a finite number", marks=pytest.mark.thorough),
        ({"endpoint": [{"name": "x", "start": "enrolment", "events": ["death"]}]}, "unknown event 'enrolment'"),
        ({"endpoint": [{"name": "x", "start": "enrolled", "events": ["death"]}], **MAKING}, "unknown event 'enrolled'"),
        ({"manufacture.like": "next-day"}, "like"),
    ],
)
def test_what_cannot_be_is_told(sets, said):
    with pytest.raises(LivingDrugError, match=f"(?s){said}"):
        livingdrug.Trial("juliet", sets).check()


def test_a_file_that_says_who_is_infused_and_manufacture_do_not_go_together(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("ID,TIME [day],AMT,UNIT\n1,0,1e8,cell\n2,0,1e8,cell\n")
    with pytest.raises(ScenarioError, match="says who is infused, and so does manufacture"):
        livingdrug.Trial("juliet", MAKING, cohort=file).check()


@pytest.mark.parametrize("name", library.names("manufacture"))
def test_every_manufacture_can_be_laid_on_any_trial(name):
    found = before("juliet" if name.endswith("leukaemia") else "eliana", name, patients=200)
    assert set(found.status) <= {"infused"} | {s for s in found.status if s.startswith("not infused: ")}
    for column, x in found.columns.items():
        assert column == "lost_day" or np.isfinite(x).all(), column
    assert (found.cohort.of("kinetics.engraftment") <= 1).all()
