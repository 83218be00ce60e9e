"""What a user meets at a terminal: tables that fit, words instead of Python, pipes that close, disks that are full."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.cli import commands
from livingdrug.cli.run import FAILED, failures, folder_name, timed
from livingdrug.cli.templates import TEMPLATES
from livingdrug.cli.terminal import without_types
from livingdrug.engine import cache
from livingdrug.engine.codegen.emit_python import PRELUDES, kernel_text
from livingdrug.engine.plan import Plan
from livingdrug.errors import LivingDrugError
from livingdrug.results.comparison import Comparison, Row
from livingdrug.scenario import explain, resolve
from livingdrug.tabular import NARROWEST, aligned, hanging
from livingdrug.trial.cluster import check_address
from thoroughness import some_of
from unit.cli.command import command, heard


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each case starts in an empty folder."""
    monkeypatch.chdir(tmp_path)


CELL = st.text("ab cd-é", max_size=40)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6), st.integers(1, 120))
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(rows: list[tuple[str, ...]], width: int) -> None:
    shown = aligned([("one", "two", "three"), *rows], rule=True, width=width)
    assert max(map(len, shown.splitlines())) <= max(width, 3 * NARROWEST + 4)
    assert sorted("".join(shown.split()).replace("-", "")) == sorted(
        "".join(x for row in [("one", "two", "three"), *rows] for x in row).replace("-", "").replace(" ", "")
    )


WORDS = st.lists(st.text("abc9,-", min_size=1, max_size=12), min_size=1, max_size=30).map(" ".join)


@given(st.sampled_from(["", "  ", "Country        ", "  source    ", "NCT02614066  "]), WORDS, st.integers(40, 120))
def test_a_long_line_goes_on_under_its_words_and_loses_none(head: str, words: str, width: int) -> None:
    shown = hanging(head + words, width).splitlines()
    assert max(map(len, shown)) <= width and all(line.startswith(" " * len(head)) for line in shown[1:])
    assert " ".join(shown).split() == (head + words).split()


def test_elsewhere_a_row_is_a_line() -> None:
    assert aligned([("a", "b"), ("x" * 300, "y")]).count("\n") == 1


def printed_at(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr("livingdrug.cli.terminal.room", lambda: width)
    return command(capsys, *words).out


@pytest.mark.parametrize("words", [("list", "trials"), ("list", "products"), ("models", "list"), ("list",)])
def test_lists_fit_a_narrow_terminal(words, monkeypatch, capsys) -> None:
    assert max(map(len, printed_at(60, monkeypatch, capsys, *words).splitlines())) <= 60


@pytest.mark.parametrize("kind", library.KINDS)
def test_a_kind_may_be_named_in_the_singular(capsys, kind: str) -> None:
    one = kind.removesuffix("s")
    assert command(capsys, "list", one).out == command(capsys, "list", kind).out
    assert library.names(one) == library.names(kind)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n"])
def test_an_empty_file_is_no_entry(capsys, text: str) -> None:
    Path("empty.toml").write_text(text, encoding="utf-8")
    said = command(capsys, "show", "empty.toml")
    assert said.code == 2 and "says nothing" in said.err and "empty.toml:1" in said.err


def test_explain_speaks_no_python() -> None:
    resolved = resolve("eliana")
    for part in ("protocol", "product", "population"):
        for word in resolved.raw[part]:
            shown = str(explain(resolved, f"{part}.{word}"))
            assert "{'" not in shown and "['" not in shown and "': " not in shown and "True" not in shown, word


def flags(command, path: str = "livingdrug"):
    for parameter in command.get_params(typer.Context(command)):
        if getattr(parameter, "is_flag", False):
            yield path, parameter
    for name, inner in getattr(command, "commands", {}).items():
        yield from flags(inner, f"{path} {name}")


def test_no_flag_shows_a_type() -> None:
    found = list(flags(without_types(typer.main.get_command(commands()))))
    assert len(found) > 20
    assert all(parameter.metavar == "" for _, parameter in found)


def test_help_shows_no_bool(capsys) -> None:
    assert "<bool>" not in command(capsys, "run", "--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_completion_for_the_shell(shell: str) -> None:
    env = {**os.environ, "_LIVINGDRUG_COMPLETE": f"source_{shell}"}
    code = "import sys; sys.argv = ['livingdrug']; from livingdrug.cli import main; main()"
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert "livingdrug" in said.stdout and "_LIVINGDRUG_COMPLETE" in said.stdout.upper()


PRINTING = [
    ("list",),
    ("list", "trials"),
    ("show", "eliana"),
    ("models", "list"),
    ("list", "--json"),
    ("run", "--help"),
]


@pytest.mark.skipif(os.name == "nt", reason="pipes as on POSIX")
@pytest.mark.parametrize("words", some_of([(words,) for words in PRINTING], one_in=3))
def test_a_reader_that_leaves_early_is_no_fault(words: tuple[str, ...]) -> None:
    out, into = os.pipe()
    os.close(out)  # nobody reads
    said = subprocess.run([sys.executable, "-m", "livingdrug", *words], stdout=into, stderr=subprocess.PIPE, text=True)
    os.close(into)
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("kind", sorted(TEMPLATES))
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_template_on_a_full_disk(capsys, monkeypatch, kind: str, fault: int) -> None:
    real = Path.write_text

    def write(self, data, *more, **named):
        real(self, data[:10], encoding="utf-8")
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(Path, "write_text", write)
    said = command(capsys, "new", kind, "mine")
    assert said.code == 2 and "'mine.toml' cannot be written" in said.err and os.strerror(fault) in said.err
    assert os.listdir() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_table_on_a_full_disk(capsys) -> None:
    shown = command(capsys, "models", "run", library.names("models")[0], "--csv", "/dev/full")
    assert shown.code == 2 and "'/dev/full' cannot be written" in shown.err and "--csv" in shown.err


JUNK = [
    "",
    "junk",
    "tcp://",
    "tcp://host",
    "http://127.0.0.1:9",
    "tcp://127.0.0.1:port",
    "host:0",
    "host:99999",
    "x.json",
    ":8",
]


@pytest.mark.parametrize("address", JUNK)
def test_what_is_no_address_of_a_cluster(capsys, address: str) -> None:
    said = command(capsys, "run", "eliana", "--cluster", address)
    assert said.code == 2 and "not the address" in said.err and "tcp://HOST:PORT" in said.err


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        check_address(text)
    except LivingDrugError as problem:
        assert problem.where == "--cluster"
    else:
        assert text.rpartition(":")[2].isdigit()


@pytest.mark.parametrize("address", ["tcp://h:1", "h.example:8786", "tls://10.0.0.1:8786", "[::1]:8786"])
def test_what_is_an_address(address: str) -> None:
    check_address(address)


@given(st.dictionaries(st.text("abc.", min_size=1, max_size=9), st.text(min_size=1, max_size=30), max_size=3))
def test_a_what_if_has_a_folder_of_its_own(sets: dict[str, str]) -> None:
    name = folder_name("eliana", sets)
    assert (name == "eliana") == (not sets)
    assert "/" not in name and "\\" not in name and len(name) < 100 and not name.startswith(".")


@given(st.text("0123456789 */abcé", min_size=1, max_size=90), st.text("0123456789 */abcé", min_size=1, max_size=90))
def test_two_what_ifs_share_no_folder(one: str, other: str) -> None:
    assert (folder_name("eliana", {"a": one}) == folder_name("eliana", {"a": other})) == (one == other)


def test_a_file_named_like_a_library_trial_has_a_folder_of_its_own() -> None:
    assert folder_name("eliana.toml", {}) != folder_name("eliana", {}) == "eliana"
    assert folder_name("deep/mine.toml", {}) == "mine"
    saved = [folder_name(f"runs/{name}/scenario.toml", {}) for name in ("half_dose", "early")]
    assert saved == ["half_dose-again", "early-again"]


class Arm:
    """Stands in for an arm of which some patients failed."""

    def __init__(self, infused: int, codes: list[int]) -> None:
        self.name = "only"
        self.columns = {"outcome": np.array(codes + [0] * (infused - len(codes)))}
        self.columns["failed"] = (self.columns["outcome"] >= 10) * 1.0
        self.counts = {"enrolled": infused, "infused": infused, "failed": len(codes)}


@pytest.mark.parametrize(
    "infused, codes, many",
    [(100, [], False), (100, [12], False), (100, [12, 12], True), (5, [10], True), (400, [10, 12], False)],
)
def test_patients_who_could_not_be_simulated_are_told(capsys, infused: int, codes: list[int], many: bool) -> None:
    class Ran:
        arms = {"only": Arm(infused, codes)}
        resolved = resolve("eliana", {"kinetics.growth": 0.7})

    assert failures(Ran()) is many
    said = capsys.readouterr().err
    for code in set(codes):
        assert f"{codes.count(code)} with code {code}" in said
    assert bool(said) == bool(codes) and (f"exit code {FAILED}" in said) == many
    assert ("Changed here: kinetics.growth = 0.7 1/day" in said) == many


def test_a_run_in_which_all_fail_ends_with_a_code_of_its_own(capsys, monkeypatch) -> None:
    monkeypatch.setattr(Plan, "max_steps", property(lambda self: 3, lambda self, value: None))  # too few for anybody
    said = command(capsys, "run", "eliana", "--patients", "20", "--json")
    assert said.code == FAILED and "could not be simulated" in said.err


def test_the_model_of_the_bench_is_named_in_the_data() -> None:
    assert timed(None) in library.names("trials") and timed("mine") == "mine"
    assert library.find("trials", timed(None)).data["bench"] is True


def row(low: float, **more) -> Row:
    return Row("m", "m", "%", low, low, low, low, 50, **more)


def test_too_few_patients_is_said() -> None:
    nan = float("nan")
    assert Comparison("a", (row(nan, value=50.0),)).summary() == "too few patients to compare"
    assert "0 of 0" not in Comparison("a", (row(1.0, value=50.0),)).summary()
    assert Comparison("a", (row(1.0, value=50.0, verdict="inside"),)).summary().startswith("1 of 1 comparable")


def test_compiling_is_announced_once_and_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.ENV, str(tmp_path))
    monkeypatch.setattr(cache, "_loaded", {})
    monkeypatch.setattr(cache, "fingerprint", lambda model: "a_model")
    monkeypatch.setattr(
        cache, "text", lambda model, made: "\n".join(["import numpy as np", *map(kernel_text, PRELUDES[made])])
    )
    heard: list[tuple[int, int]] = []
    with cache.telling(lambda done, total: heard.append((done, total))):
        for _ in range(2):
            assert cache.load(None).kernel.power(2.0, 1.0) == 2.0
            cache._loaded.clear()
    done = [x for x, _ in heard]
    assert done[0] == 0 and done == sorted(done) and heard[-1] == (cache.STAGES, cache.STAGES) and done.count(0) == 1


@pytest.mark.skipif(os.name == "nt", reason="signals as on POSIX")
@pytest.mark.skipif(shutil.which("ps") is None, reason="looks at processes with ps")
def test_ctrl_c_with_workers_leaves_no_process_and_no_traceback() -> None:
    pytest.importorskip("distributed")
    import signal
    import time

    words = ["run", "eliana", "--patients", "1000000", "--workers", "2", "--out", "there"]
    with subprocess.Popen(
        [sys.executable, "-m", "livingdrug", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heard,
    ) as p:
        try:
            for _ in range(600):
                if len(members(p.pid)) >= 3:  # this one, and two workers
                    break
                time.sleep(0.2)
            time.sleep(10)  # workers that are still starting speak for themselves
            os.killpg(p.pid, signal.SIGINT)
            out, err = p.communicate(timeout=300)
        except BaseException:
            os.killpg(p.pid, signal.SIGKILL)
            raise
    assert (p.returncode, out) == (130, "") and err == "stopped; nothing half-written was left\n"
    for _ in range(600):
        if not members(p.pid):
            break
        time.sleep(0.2)
    assert members(p.pid) == [] and os.listdir() == []


LOST = """
import gc, os, signal, threading
from livingdrug.cli.interrupt import never_lost
never_lost()
lost = []
def interrupted():
    if len(lost) < 2:
        lost.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))
class Fading:
    def __del__(self):
        interrupted()
gc.callbacks.append(lambda phase, info: {collecting})
try:
    {ending}
    gc.collect()
    threading.Event().wait(60)
except KeyboardInterrupt:
    print("heard after", len(lost))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals as on POSIX")
@pytest.mark.parametrize(
    ("collecting", "ending", "times"), [("interrupted()", "pass", 2), ("None", "x = Fading(); del x", 1)]
)
def test_an_interrupt_that_python_throws_away_is_told_again(collecting: str, ending: str, times: int) -> None:
    program = LOST.format(collecting=collecting, ending=ending)
    p = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, preexec_fn=heard, timeout=300)
    assert (p.stdout, p.stderr) == (f"heard after {times}\n", "")


def members(group: int) -> list[str]:
    """Living processes of a process group."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,pid="], capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [pid for pgid, stat, pid in rows if pgid == str(group) and not stat.startswith("Z")]
