"""Whatever is typed or written wrongly: exit code 2, one clear message, nothing left on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unit.cli.command import command

RUN = "run", "eliana"
MINE = "run", "my.toml"
LIKE = 'trial = "eliana"\n'

WORDS = [  # what is typed, what the message must say
    (("run",), ["TRIAL_OR_FILE"]),
    (("rnu", "eliana"), ["rnu", "run"]),
    (("run", "elian"), ["unknown trial 'elian'", "did you mean 'eliana'"]),
    (("run", "nowhere.toml"), ["there is no file 'nowhere.toml'"]),
    (("run", "."), ["trial"]),
    (("run", "./"), ["is a folder"]),
    (("run", ""), ["unknown trial ''"]),
    (("run", "eliana\x00.toml"), ["eliana"]),
    ((*RUN, "--patients", "0"), ["'patients' = 0", "1 to 10,000,000"]),
    ((*RUN, "--patients", "-5"), ["'patients' = -5"]),
    ((*RUN, "--patients", "99999999999"), ["1 to 10,000,000"]),
    ((*RUN, "--patients", "ten"), ["--patients", "integer"]),
    ((*RUN, "--patients", "1e3"), ["--patients"]),
    ((*RUN, "--seed", "-1"), ["'seed' = -1"]),
    ((*RUN, "--seed", str(2**70)), ["'seed'"]),
    ((*RUN, "--workers", "0"), ["0 workers", "1 to 1024"]),
    ((*RUN, "--device", "tpu"), ["unknown device 'tpu'", "cpu, cuda"]),
    ((*RUN, "--device", "cuda", "--workers", "2"), ["choose one of them"]),
    ((*RUN, "--cluster", "tcp://x:1", "--workers", "2"), ["choose one of them"]),
    ((*RUN, "--patient", "5"), ["--patient"]),
    ((*RUN, "--set"), ["--set"]),
    ((*RUN, "--set", "kinetics.growth"), ["is not a change", "PATH=VALUE"]),
    ((*RUN, "--set", "=3"), ["is not a change"]),
    ((*RUN, "--set", "kinetics.growth="), ["is not a change"]),
    ((*RUN, "--set", "kinetics.growht=1"), ["'kinetics.growht'", "did you mean 'kinetics.growth'"]),
    ((*RUN, "--set", "kinetik.growth=1"), ["did you mean 'kinetics.growth'"]),
    ((*RUN, "--set", "kinetics.growth=fast"), ["'fast' is not a number", "--set"]),
    ((*RUN, "--set", "kinetics.growth=1 kg"), ["unit 'kg' does not fit"]),
    ((*RUN, "--set", "kinetics.growth=1 furlong"), ["'furlong' is not a unit"]),
    ((*RUN, "--set", "kinetics.growth=1 blorps"), ["'blorps' is not a unit"]),
    ((*RUN, "--set", "kinetics.growth=-1"), ["negative", "0 or more"]),
    *(
        ((*RUN, "--set", f"{path}={value}"), ["not a finite number" if value != "{}" else "empty table", "--set"])
        for path in ("kinetics.growth", "tumour.kill", "cytokines.half_antigen")
        for value in ("true", "false", "{}", "[]", "[1.0]", "1" + "0" * 400)
    ),
    ((*RUN, "--set", "kinetics.growth=" + "9" * 5000), ["not a finite number"]),
    ((*RUN, "--set", "kinetics.growth.variability.sd=true"), ["not a finite number"]),
    ((*RUN, "--set", "kinetics.growth.variability={}"), ["variability says nothing"]),
    ((*RUN, "--set", "kinetics.growth=1 qd"), ["'qd' is not a unit", "every 1 d"]),
    ((*RUN, "--set", "kinetics.growth=nan"), ["not a finite number"]),
    ((*RUN, "--set", "kinetics.growth=true[1"), ["is not a number"]),
    ((*RUN, "--set", "kinetics.growth=1", "--set", "kinetics.growth=2"), ["set twice"]),
    ((*RUN, "--set", "product=kymria"), ["unknown product 'kymria'"]),
    ((*RUN, "--set", "population=nobody"), ["unknown population 'nobody'", "adult-b-all"]),
    ((*RUN, "--set", "tumour=rock"), ["unknown tumour 'rock'"]),
    ((*RUN, "--set", "modules.kinetics=renewing_effector"), ["did you mean 'renewing_effectors'"]),
    ((*RUN, "--set", "modules.kinetics=leukaemia"), ["fills the role 'tumour', not 'kinetics'"]),
    ((*RUN, "--set", "modules.kinetics=false"), ["kinetics"]),
    ((*RUN, "--set", "protocol.folow_up=3 months"), ["did you mean 'follow_up'"]),
    ((*RUN, "--set", "protocol.follow_up=soon"), ["soon"]),
    ((*RUN, "--set", "protocol.follow_up=-3 d"), ["follow-up"]),
    ((*RUN, "--set", "covariates.age.low=30"), ["covariates, age", "low = 30"]),
    ((*RUN, "--set", "covariates.age.laww=normal"), ["laww"]),
    ((*RUN, "--set", "covariates.weight.unit=day"), ["the unit alone was changed", "'low'"]),
    ((*RUN, "--set", "patients=0"), ["'patients' = 0"]),
    ((*RUN, "--set", "arm=x"), ["[[arm]]"]),
    ((*RUN, "--set", "a..b=1"), ["is not a path"]),
    (("list", "produkts"), ["unknown kind", "did you mean 'products'"]),
    (("show", "tocilizumap"), ["did you mean 'tocilizumab'"]),
    (("show", "drugs/aspirin"), ["unknown drug 'aspirin'"]),
    (("explain", "eliana", "kinetics.growht"), ["did you mean 'kinetics.growth'"]),
    (("explain", "eliana", ""), ["is not a path"]),
    (("new", "planet", "x"), ["unknown kind of template 'planet'", "9 in all"]),
    (("new", "product", "../x"), ["not a name for a file"]),
    (("new", "product", "x.toml"), ["not a name for a file"]),
    (("calibrate", "nothing-like-it"), ["nothing-like-it"]),
]

FILES = [  # what stands in my.toml
    (b"", ["names no product"]),
    (b"\xff\xfe\x00", ["not UTF-8", "my.toml:1"]),
    (b"trial = eliana", ["not valid TOML", "my.toml:1"]),
    (b'trial = "eliana"\n[set\n', ["not valid TOML", "my.toml:2"]),
    (b'trial = "eliana"\nstart = 2026-13-01\n', ["not valid TOML", "my.toml:2"]),
    (LIKE + "patients = 0", ["'patients' = 0", "my.toml:2"]),
    (LIKE + "patiens = 5", ["did you mean 'patients'", "my.toml:2"]),
    (LIKE + "[kinetics]\ngrowht = 1", ["did you mean 'kinetics.growth'", "my.toml:3"]),
    *(
        (LIKE + f"[kinetics]\ngrowth = {value}", [said, "my.toml:3"])
        for value, said in (
            ("true", "not a finite number"),
            ("{}", "empty table"),
            ("[]", "not a finite number"),
            ("1" + "0" * 400, "not a finite number"),
            ("9" * 5000, "thousands of digits"),
            ("{ value = false }", "not a finite number"),
            ("{ value = 1.0, source = [] }", "not a text"),
        )
    ),
    (LIKE + "[[arm]]\nname = 3", ["an arm's name cannot be 3", "a text"]),
    (LIKE + '[[arm]]\nname = "a"\n[arm.set]\n"kinetics.growht" = 1', ["did you mean 'kinetics.growth'"]),
    (
        LIKE + '[[protocol.rule]]\nname = "new"\nwhen = "crs.grad >= 2"\ncheck = "every 6 h for 28 d"\n'
        'do = { give = "tocilizumab", amount = "8 mg/kg" }',
        ["crs.grad"],
    ),
    (
        LIKE + '[[protocol.rule]]\nname = "new"\nwhen = "crs.grade >="\ncheck = "every 6 h for 28 d"\n'
        'do = { give = "tocilizumab", amount = "8 mg/kg" }',
        ["crs.grade >="],
    ),
    (
        LIKE + '[[protocol.rule]]\nname = "new"\nwhen = "crs.grade >= 2"\ncheck = "every 6 h for 28 d"\n'
        'do = { give = "aspirin", amount = "8 mg/kg" }',
        ["aspirin"],
    ),
    (
        LIKE + '[[protocol.rule]]\nname = "new"\nwhen = "crs.grade >= 2"\ncheck = "every 6 h for 28 d"\n'
        'do = { give = "tocilizumab", amount = "-8 mg/kg" }',
        ["negative"],
    ),
    (
        LIKE + '[[protocol.rule]]\nname = "new"\nwhen = "crs.grade >= 2"\ncheck = "now and then"\n'
        'do = { give = "tocilizumab", amount = "8 mg/kg" }',
        ["now and then"],
    ),
    (
        LIKE + '[[protocol.schedule]]\nname = "fludarabine"\namount = "-30 mg/m2"',
        ["cannot be given", "'fludarabine'", "0 or more"],
    ),
    (LIKE + '[[protocol.schedule]]\nname = "fludarabine"\namount = "30 mg/furlong"', ["furlong"]),
    (LIKE + '[[protocol.schedule]]\nname = "fludarabine"\ndays = ["yesterday"]', ["yesterday"]),
    (LIKE + 'scale = "richter"', ["richter"]),
]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Each case starts in an empty folder."""
    monkeypatch.chdir(tmp_path)


def check(said, parts, left):
    assert said.code == 2, said
    assert "Traceback" not in said.err and said.out == ""
    for part in parts:
        assert part in said.err, said.err
    assert sorted(str(p) for p in Path().rglob("*")) == left


@pytest.mark.parametrize("words, parts", WORDS, ids=[" ".join(w)[-60:].replace("\x00", "0") for w, _ in WORDS])
def test_typed_wrongly(capsys, words, parts):
    check(command(capsys, *words), parts, [])


@pytest.mark.parametrize("content, parts", FILES, ids=[str(c)[-50:].replace("\n", " ") for c, _ in FILES])
def test_written_wrongly(capsys, content, parts):
    Path("my.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    check(command(capsys, *MINE), parts, ["my.toml"])


def test_out_is_a_file(capsys):
    Path("taken").write_text("mine", encoding="utf-8")
    check(command(capsys, *RUN, "--out", "taken"), ["'taken' is a file"], ["taken"])
    assert Path("taken").read_text(encoding="utf-8") == "mine"


def test_out_holds_something_else(capsys):
    Path("full").mkdir()
    Path("full/thesis.tex").write_text("years of work", encoding="utf-8")
    check(command(capsys, *RUN, "--out", "full"), ["not empty", "nothing was changed"], ["full", "full/thesis.tex"])


def test_out_is_below_a_file(capsys):
    Path("taken").write_text("mine", encoding="utf-8")
    check(command(capsys, *RUN, "--out", "taken/run"), ["cannot be written"], ["taken"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_out_may_not_be_written(capsys):
    Path("locked").mkdir(mode=0o500)
    check(command(capsys, *RUN, "--out", "locked/run"), ["cannot be written"], ["locked"])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder where not even root may write")
def test_out_where_nobody_may_write(capsys):
    check(command(capsys, *RUN, "--out", "/proc/self/run"), ["'/proc/self/run' cannot be written", "--out"], [])


def test_an_existing_file_is_not_overwritten_by_new(capsys):
    Path("mine.toml").write_text("x = 1", encoding="utf-8")
    check(command(capsys, "new", "drug", "mine"), ["is there already"], ["mine.toml"])
    assert Path("mine.toml").read_text(encoding="utf-8") == "x = 1"


def test_there_are_enough_cases():
    assert len(WORDS) + len(FILES) + 5 >= 40
