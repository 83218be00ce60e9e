"""The ES module says what the reference says, to one part in a million, and draws the same numbers."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from livingdrug import rng
from livingdrug.cli import main
from livingdrug.engine import reference
from livingdrug.engine.codegen.emit_javascript import write
from livingdrug.errors import EngineError
from livingdrug.model import Covariate, Derived, Module, State, assemble
from livingdrug.published import entry as models
from parity.mixture_model import DOSES, MODEL, SEEN, TIMES, VALUES

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def ran(folder, module: str, script: str):
    """What the script prints, as JSON; it finds the model's module as `m`."""
    (folder / "model.mjs").write_text(module, encoding="utf-8")
    (folder / "script.mjs").write_text(
        "import * as m from './model.mjs';\n"
        "const plain = (k, v) => ArrayBuffer.isView(v) ? [...v] : v;\n"
        "const say = x => console.log(JSON.stringify(x, plain));\n" + script,
        encoding="utf-8",
    )
    done = subprocess.run(["node", str(folder / "script.mjs")], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def course(folder, model, values, doses, times, seen, **options):
    rows = [{"day": t, "into": model.inputs[int(i)], "amount": a, "over": d} for t, i, a, d in doses]
    asked = {"values": values, "doses": rows, "times": list(times), "seen": list(seen), "rtol": 1e-9, **options}
    return ran(folder, write(model, values), f"say(m.simulate({json.dumps(asked)}));")


def apart(found, expected):
    """Largest distance over |expected| and a thousandth of the peak."""
    size = np.abs(expected)
    return float((np.abs(found - expected) / (size + 1e-3 * size.max(axis=0) + 1e-12)).max())


def test_the_course_is_that_of_the_reference(tmp_path):
    found = course(tmp_path, MODEL, VALUES, DOSES, TIMES, SEEN)
    assert (found["outcome"], found["ended"]) == ("completed", 12.0)
    states = reference.integrate(MODEL, VALUES, np.array(DOSES), 0.0, 12.0, TIMES)
    expected = reference.observe(MODEL, VALUES, states, TIMES, SEEN, np.array(DOSES))
    assert apart(np.array([found[p] for p in SEEN]).T, expected) < 1e-6


def test_the_equations_of_a_whole_therapy_model(tmp_path):
    """Slopes and published quantities at states drawn at random, to the last digits: what any integrator stands on."""
    from livingdrug.trial import Trial

    model = Trial("eliana").resolved.arms[0].resolved.model()
    names = (*model.parameters, *model.covariates)
    size = np.random.default_rng(1).lognormal(0.0, 1.0, len(names) + len(model.states) + len(model.inputs))
    values = dict(zip(names, size.tolist()))
    states, inputs = size[len(names) : len(names) + len(model.states)], size[len(names) + len(model.states) :]
    script = f"""
        const {{p}} = m.prepare({json.dumps(values)}), f = [], shown = [];
        const y = [...{json.dumps(states.tolist())}, 7.5], u = {json.dumps(inputs.tolist())};
        m.slope(y, p, u, 1, f);
        m.observe(y, p, u, shown);
        say({{states: m.model.states, f, observables: m.model.observables, shown}});"""
    found = ran(tmp_path, write(model) + "\nexport {slope, observe};\n", script)
    everything = {**values, "time": 7.5, **dict(zip(model.states, states)), **dict(zip(model.inputs, inputs.tolist()))}
    expected = model.evaluate({**everything, **model.constants(values)})
    slopes = dict(zip(found["states"], found["f"]))
    shown = dict(zip(found["observables"], found["shown"]))
    assert len(shown) > 20
    for got, wanted in ((slopes, expected.derivatives), (shown, expected.published)):
        keys = [k for k in wanted if k in got]
        np.testing.assert_allclose([got[k] for k in keys], [float(wanted[k]) for k in keys], rtol=1e-9, atol=1e-12)
    assert set(model.states) <= set(slopes)


def test_a_module_of_what_is_shown_moves_as_the_whole(tmp_path):
    """States that nothing shown rests on are left out; what stays is the same course, from a much smaller text."""
    from livingdrug.trial import Trial

    resolved = Trial("eliana").resolved.arms[0].resolved
    model, seen = resolved.model(), ["physiology.temperature", "cytokines.il6", "kinetics.blood"]
    values = {p: resolved.parameters[p].value for p in model.parameters}
    values |= {"weight": 36.5, "bsa": 1.18, "age": 11.0, "egfr": 120.0, "fitness": 0.0}
    doses = [{"day": d, "into": "conditioning.fludarabine.dose", "amount": 35, "over": 0.02} for d in (-6, -5, -4)]
    doses.append({"day": 0, "into": "kinetics.infusion", "amount": 1.2e8})
    asked = {"doses": doses, "start": -7, "times": list(range(29)), "seen": seen, "rtol": 1e-8}
    found = []
    for kept in (None, seen):
        text = write(model, values, seen=kept)
        found.append(ran(tmp_path, text, f"say([m.model.states, m.simulate({json.dumps(asked)})]);"))
        found[-1].append(len(text))
    (all_states, whole, long), (states, part, short) = found
    assert set(states) < set(all_states) and short < 0.75 * long
    assert not {s for s in states if s.startswith(("outcome.", "platelets.", "neurotoxicity."))}
    for path in seen:
        assert apart(np.array(part[path]), np.array(whole[path])) < 1e-6, path


def test_what_is_not_in_the_model_cannot_be_shown():
    with pytest.raises(EngineError, match=r"mix\.drug"):
        write(MODEL, VALUES, seen=["mix.drog"])


def test_patient_constants_agree_to_the_last_digits(tmp_path):
    constants = MODEL.constants(VALUES)
    found = ran(tmp_path, write(MODEL, VALUES), f"say(m.prepare({json.dumps(VALUES)}));")
    starts = [constants[f"{p}@start"] for p in MODEL.states]
    np.testing.assert_allclose(found["y"][: len(MODEL.states)], starts, rtol=1e-14)
    assert any(np.isclose(x, constants["mix.share"], rtol=1e-14) for x in found["p"])


def test_draws_are_the_same_numbers(tmp_path):
    cases = [(1, 0, "weight", 0), (2**40, 12345678901, "clone x grow", 7), (7, 3, "größe", 2**33)]
    found = ran(tmp_path, write(MODEL), f"say({json.dumps(cases)}.map(c => m.uniform(...c)));")
    assert found == [rng.uniform(s, p, w, o)[0] for s, p, w, o in cases]


@pytest.mark.parametrize("asked, outcome", [({"maxSteps": 9}, "step budget"), ({"values": {"mix.loss": 1e308}}, None)])
def test_a_course_that_cannot_be_finished_says_so(tmp_path, asked, outcome):
    asked = {"times": [0, 5], "doses": [{"day": 0, "into": "mix.vein", "amount": 10}], **asked}
    found = ran(tmp_path, write(MODEL, VALUES), f"say(m.simulate({json.dumps(asked)}));")
    assert found["outcome"] in ([outcome] if outcome else ["step too small", "not finite", "step budget"])
    assert found["mix.drug"][1] is None  # JSON's nan


@pytest.mark.parametrize(
    "asked, text",
    [
        ({"values": {"mix.los": 1}}, "no value 'mix.los'"),
        ({"doses": [{"day": 0, "into": "mix.mouth", "amount": 1}]}, "mix.vein"),
        ({"doses": [{"day": -1, "into": "mix.vein", "amount": 1}]}, "cannot be"),
        ({"seen": ["mix.rug"]}, "nothing in the model"),
        ({"values": {"mix.loss": None}}, "has no value"),
        ({"end": -1}, "runs from day"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, asked, text):
    script = f"try {{ m.simulate({json.dumps({'times': [1], **asked})}); say(''); }} catch (e) {{ say(e.message); }}"
    assert text in ran(tmp_path, write(MODEL, VALUES), script)


def test_constants_that_no_symbol_can_pass_are_refused():
    class Odd(Module):
        role = "odd"
        age = Covariate("year", "age")
        whole = Derived("year", "age in whole years", lambda v: float(v.age))
        x = State("1", "x", start=lambda v: v.whole)

    with pytest.raises(EngineError, match="patient constants"):
        write(assemble(Odd))


@pytest.mark.parametrize("name", models.names())
def test_a_published_model_runs_the_same(tmp_path, capsys, name):
    """The command writes the module; its course is that of `livingdrug models run`."""
    from livingdrug.published.course import run

    tissue = models.published(name).model.tissue
    with pytest.raises(SystemExit) as left:
        main(["models", "show", name, "--javascript", str(tmp_path / "written.mjs")])
    if tissue:
        assert left.value.code != 0 and "which is in every shell of a tissue" in capsys.readouterr().err
        return
    assert left.value.code == 0 and "wrote" in capsys.readouterr().err
    published, expected = models.published(name), run(models.published(name))
    doses = [{"day": d.time, "into": d.into, "amount": d.amount, "over": d.duration} for d in published.doses()]
    seen = {n: o.path for n, o in published.observations.items()}
    chosen = slice(None, None, max(1, len(expected.times) // 60))
    times = expected.times[chosen]
    values = dict(list(published.courses().values())[0])
    asked = {"values": values, "doses": doses, "times": list(times), "seen": list(set(seen.values())), "rtol": 1e-9}
    asked["start"] = float(min([times[0], *(d["day"] for d in doses)]))
    text = (tmp_path / "written.mjs").read_text(encoding="utf-8")
    found = ran(tmp_path, text, f"say(m.simulate({json.dumps(asked)}));")
    assert found["outcome"] == "completed"
    days = np.isin(times, [d["day"] for d in doses])  # on a day of a dose one shows before, the other after
    for n, path in seen.items():
        assert apart(np.array(found[path])[~days], expected.seen[n][0][chosen][~days]) < 1e-5, n
