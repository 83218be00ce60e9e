"""What the commands print and write when all is well, and when a run is broken off in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import livingdrug.trial
from livingdrug import library
from livingdrug.cli.folder import run_folder
from livingdrug.cli.run import folder_name
from livingdrug.cli.templates import KINDS
from livingdrug.cli.terminal import changes, dump
from livingdrug.cohort import draw
from livingdrug.published.entry import published as read_model
from livingdrug.scenario import resolve
from livingdrug.spec.json_schema import KINDS as SCHEMAS
from livingdrug.trial.run import Trial, check_arm
from unit.cli.command import command, heard


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Each case starts in an empty folder."""
    monkeypatch.chdir(tmp_path)


def left() -> list[str]:
    return sorted(str(p) for p in Path().rglob("*"))


class Quick:
    """Stands in for a trial: remembers what was asked and computes nothing."""

    asked: list = []
    breaks: BaseException | None = None

    def __init__(self, name, sets=None, cohort=None):
        self.name, self.title = name, "A trial"
        Quick.asked.append((name, dict(sets or {})))

    arms: dict = {}
    notes: tuple = ()
    few = ""
    applicability = ""

    def run(self, **options):
        Quick.asked.append(options)
        if Quick.breaks:
            raise Quick.breaks
        return self

    def json(self):
        measure = {"measure": "x", "verdict": "inside", "fitted": True, "low": float("nan")}
        return {"trial": self.name, "measures": [measure]}

    def beside_published(self):
        return "the table"

    def save(self, folder):
        (folder / "provenance.json").write_text("{}", encoding="utf-8")
        (folder / "report.html").write_text("report", encoding="utf-8")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(livingdrug.trial, "Trial", Quick)
    monkeypatch.setattr(Quick, "asked", [])
    monkeypatch.setattr(Quick, "breaks", None)
    return Quick


def test_run_writes_a_whole_folder_and_says_where(capsys, quick):
    said = command(capsys, "run", "eliana", "--patients", "5", "--seed", "3", "--set", "a.b=1 1/day", "--workers", "2")
    assert said.code == 0 and "the table" in said.out and said.err == ""
    place = f"runs/{folder_name('eliana', {'a.b': '1 1/day'})}"
    assert f"{place}/report.html" in said.out
    assert quick.asked[0] == ("eliana", {"a.b": "1 1/day"})
    assert {k: quick.asked[1][k] for k in ("patients", "seed", "workers")} == {"patients": 5, "seed": 3, "workers": 2}
    assert left() == ["runs", place, f"{place}/provenance.json", f"{place}/report.html"]


def test_run_json_prints_one_object_and_writes_nothing(capsys, quick):
    said = command(capsys, "run", "eliana", "--json")
    assert said.code == 0 and json.loads(said.out)["measures"][0]["low"] is None and said.err == "" and left() == []


def test_an_earlier_run_is_replaced(capsys, quick):
    command(capsys, "run", "eliana", "--out", "here")
    Path("here/old").write_text("x", encoding="utf-8")
    assert command(capsys, "run", "eliana", "--out", "here").code == 0
    assert left() == ["here", "here/provenance.json", "here/report.html"]


@pytest.mark.parametrize(
    "broken, code", [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 2), (MemoryError(), 2)]
)
def test_a_broken_run_leaves_nothing_and_keeps_the_earlier_one(capsys, quick, monkeypatch, broken, code):
    monkeypatch.setattr(Quick, "breaks", broken)
    said = command(capsys, "run", "eliana")
    assert said.code == code and said.out == "" and "Traceback" not in said.err and left() == []
    monkeypatch.setattr(Quick, "breaks", None)
    command(capsys, "run", "eliana")
    before = left()
    monkeypatch.setattr(Quick, "breaks", broken)
    assert command(capsys, "run", "eliana").code == code and left() == before


def test_a_fault_while_writing_leaves_nothing():
    with pytest.raises(RuntimeError):
        with run_folder(Path("deep/er/run")) as folder:
            (folder / "half.parquet").write_text("x", encoding="utf-8")
            raise RuntimeError
    assert not Path("deep/er/run").exists() and not list(Path().rglob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="signals as on POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_process_leaves_nothing(how):
    code = (
        "import livingdrug.trial, time\n"
        "class Slow:\n"
        "    title = 'slow'\n"
        "    def __init__(self, *a, **k): pass\n"
        "    def run(self, **k):\n"
        "        print('running', flush=True); time.sleep(240)\n"
        "livingdrug.trial.Trial = Slow\n"
        "from livingdrug.cli import main\n"
        "main(['run', 'eliana', '--out', 'there'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heard,
    ) as p:
        assert p.stdout.readline().strip() == "running"
        time.sleep(0.1)
        p.send_signal(how)
        _, err = p.communicate(timeout=300)
    assert p.returncode == 130 and "Traceback" not in err and left() == []


def test_list_show_explain(capsys):
    assert "eliana" in command(capsys, "list", "trials").out
    assert json.loads(command(capsys, "list", "--json").out)["trials"] >= 1
    shown = command(capsys, "show", "tocilizumab").out
    assert "drug.tocilizumab.affinity" in shown and "moes2022" in shown and "Sources" in shown
    entry = json.loads(command(capsys, "show", "mechanisms/tocilizumab", "--json").out)[0]
    assert {"value", "unit", "kind"} <= set(entry["numbers"][0])
    assert "<- holds" in command(capsys, "explain", "eliana", "kinetics.growth", "--set", "kinetics.growth=2").out
    why = json.loads(command(capsys, "explain", "eliana", "covariates.weight", "--json").out)
    assert why["layers"][0]["layer"] == "population"
    Path("arms.toml").write_text('trial = "eliana"\n[[arm]]\nname = "half"\ntumour.kill = "* 0.5"\n', encoding="utf-8")
    assert "arm 'half'" in command(capsys, "explain", "arms.toml", "tumour.kill", "--arm", "half").out
    assert command(capsys, "explain", "arms.toml", "tumour.kill", "--arm", "whole").code == 2
    assert command(capsys, "--version").out.strip() == livingdrug.__version__


def test_every_entry_can_be_shown_with_an_origin_for_every_number(capsys):
    for kind in library.KINDS:
        for name in library.names(kind):
            for entry in json.loads(command(capsys, "show", f"{kind}/{name}", "--json").out):
                for number in entry["numbers"]:
                    assert number.get("kind") and (number.get("source") or number.get("why")), (kind, name, number)


def test_show_model_and_equations(capsys):
    text = command(capsys, "show", "eliana", "--model").out
    assert "What can happen" in text and "kinetics (renewing_effectors)" in text
    latex = command(capsys, "show", "eliana", "--equations").out
    assert latex.count(r"\frac{d\,") >= len(resolve("eliana").model().states)


@pytest.mark.parametrize("kind", KINDS)
def test_templates_run_as_written(capsys, kind):
    """Each template loads, and the trial it belongs to can be simulated: its design and its columns are worked out."""
    said = command(capsys, "new", kind, "mine")
    assert said.code == 0 and said.out.startswith("wrote ")
    if kind == "model":
        with library.also(Path("library")):
            assert read_model("mine").said.read == "once"
        return
    text = {
        "trial": None,
        "scenario": None,
        "drug": '[[protocol.rule]]\nname = "x"\nwhen = "crs.grade >= 2"\ndo = { give = "mine", amount = "8 mg/kg" }\n',
        "mechanism": '[modules]\n"drug.mine" = "mine"\n',
    }.get(kind, f'{kind} = "mine.toml"\n')
    if text is not None:
        Path("s.toml").write_text(f'trial = "eliana"\n{text}', encoding="utf-8")
    trial = Trial("mine.toml" if text is None else "s.toml")
    for arm in trial.resolved.arms:
        check_arm(arm, trial.design(arm))
        assert len(draw(arm.resolved, range(20), 1)) == 20
    if kind in ("product", "population", "protocol", "tumour"):
        assert trial.resolved.names[kind] == "mine"
    if kind in ("drug", "mechanism"):
        assert "drug.mine" in trial.resolved.modules
    if kind == "trial":
        assert trial.resolved.trial.visits and trial.resolved.trial.endpoint and trial.resolved.trial.published
    if kind == "protocol":
        assert "a first dose for high fever" in [r.name for r in trial.design(trial.resolved.arms[0]).rules]


def test_a_template_is_not_written_over_and_names_are_checked(capsys):
    command(capsys, "new", "model", "mine")
    before = Path("library/models/mine.toml").read_text(encoding="utf-8")
    assert "is there already" in command(capsys, "new", "model", "mine").err
    assert Path("library/models/mine.toml").read_text(encoding="utf-8") == before
    for name in ("class", "1st", "a-b", "x.y"):
        assert command(capsys, "new", "mechanism", name).code == 2


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schemas_are_json_schemas(capsys, kind):
    said = command(capsys, "schema", kind)
    found = json.loads(said.out)
    assert said.code == 0 and found["type"] == "object" and found["properties"]
    assert all(isinstance(x, dict) and x for x in found["properties"].values())


def test_changes_and_dump():
    assert changes(["a.b = 3", "c=x=y"]) == {"a.b": "3", "c": "x=y"}
    import numpy as np

    assert dump({"a": np.float64("nan"), "b": [np.int64(3), float("inf")], "c": (1, True, None)}) == (
        '{"a": null, "b": [3, null], "c": [1, true, null]}'
    )
