"""A user's own folders: what is found there, what stands before what, and what happens to a mistake in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.engine import cache
from livingdrug.errors import LivingDrugError, ScenarioError, UnitError, WiringError
from livingdrug.model import assemble
from livingdrug.scenario import resolve
from thoroughness import some

MECHANISM = '''"""A made-up drug."""

from livingdrug.model import Entry, Flow, Module, Param, State


class Brew(Module):
    """Drug in one pool. Leaves out: everything else."""

    role = "drug.brew"
    loss = Param("1/day", "loss")
    amount = State("mg", "drug")
    dose = Entry("mg", "a dose", {"amount": 1.0})

    def flows(self, v):
        yield Flow("loss", out_of="amount", rate=v.loss * v.amount)
'''
words = st.text("abcXYZ-_09", min_size=1, max_size=8).filter(lambda w: w.strip("-_"))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(library.ENV, str(tmp_path))
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", library.KINDS)
def test_no_word_of_the_package_means_two_entries(kind):
    assert [str(e) for e in library.clashes(kind)] == []


@settings(max_examples=some(40))
@given(entries=st.dictionaries(words, st.lists(words, max_size=3), min_size=1, max_size=4))
def test_a_word_means_one_entry_or_is_refused_with_both_files(entries, tmp_path_factory):
    """Whatever names and aliases: an answer is the only entry with that word, and each other word of it is its own; two
    entries with one word are both named."""
    folder = tmp_path_factory.mktemp("library")
    for name, aliases in entries.items():
        write(folder / "drugs" / f"{name}.toml", f'title = "{name}"\naliases = {aliases!r}\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "folders", lambda: [folder])
        clashing = {e.what.partition("'")[2].partition("'")[0] for e in library.clashes("drugs")}
        of = {w.lower(): {n for n, a in entries.items() if w.lower() in {x.lower() for x in (n, *a)}}
              for name, aliases in entries.items() for w in (name, *aliases)}  # fmt: skip
        for word in {w for name, aliases in entries.items() for w in (name, *aliases)}:
            those = [n for n, a in entries.items() if word.lower() in {x.lower() for x in (n, *a)}]
            if len(those) == 1 and any(len(n) > 1 for n in of.values() if those[0] in n):
                with pytest.raises(ScenarioError, match="answer to"):
                    library.find("drugs", word)
                continue
            if len(those) == 1:
                assert library.find("drugs", word).name == those[0]
                continue
            assert word.lower() in clashing
            with pytest.raises(ScenarioError, match="answer to") as refused:
                library.find("drugs", word)
            assert all(f"{name}.toml" in refused.value.where for name in those)


def test_an_entry_of_ones_own_stands_before_the_packages_of_the_same_name(folder):
    ours = library.find("products", "tisagenlecleucel")
    write(folder / "products" / "tisagenlecleucel.toml", f'title = "Mine"\naliases = {list(ours.aliases)!r}\n')
    assert library.find("products", ours.aliases[0]).title == "Mine"


def test_an_alias_of_the_package_cannot_be_taken(folder):
    ours = library.find("products", "tisagenlecleucel")
    write(folder / "products" / "mine.toml", f'title = "Mine"\naliases = ["{ours.aliases[0].upper()}"]\n')
    with pytest.raises(ScenarioError, match="mine.toml"):
        library.find("products", ours.aliases[0])
    with pytest.raises(ScenarioError, match="mine.toml"):
        library.find("products", "mine")


@pytest.mark.parametrize("text", ["title = \n", 'title = "x"\naliases = "y"\n', "aliases = [1]\n"])
def test_a_broken_file_spoils_only_itself(folder, text):
    write(folder / "products" / "broken.toml", text)
    assert library.find("products", "tisagenlecleucel").title == "Tisagenlecleucel"
    for asked in ("broken", "nobody"):
        with pytest.raises(ScenarioError, match=r"broken\.toml:\d"):
            library.find("products", asked)


@pytest.mark.parametrize("named", ["librray", "a.toml", "library/products/p.toml"])
def test_a_folder_that_is_none_is_refused_with_the_nearest(named, tmp_path, monkeypatch):
    write(tmp_path / "library" / "products" / "p.toml", 'like = "tisagenlecleucel"\n')
    write(tmp_path / "a.toml", "")
    monkeypatch.setenv(library.ENV, str(tmp_path / named))
    with pytest.raises(ScenarioError, match="which is no folder") as refused:
        library.names("trials")
    assert refused.value.nearest == ("library" if named == "librray" else refused.value.nearest)


@pytest.mark.parametrize("kind", library.KINDS)
def test_a_misspelt_kind_of_folder_is_refused_with_the_nearest(kind, folder):
    wrong = kind[:-1]
    (folder / "notes").mkdir()  # what is nowhere near a kind is left alone
    assert library.names("trials")
    (folder / wrong).mkdir()
    with pytest.raises(ScenarioError, match="no kind of the library") as refused:
        library.names("trials")
    assert refused.value.nearest == kind and wrong in refused.value.where


def test_a_folder_is_added_for_a_while(tmp_path, monkeypatch):
    monkeypatch.delenv(library.ENV, raising=False)
    write(tmp_path / "one" / "drugs" / "brew.toml", 'title = "One"\n')
    write(tmp_path / "two" / "drugs" / "brew.toml", 'title = "Two"\n')
    with library.also(tmp_path / "one"):
        assert library.find("drugs", "brew").title == "One"
        with library.also(tmp_path / "two"):
            assert library.find("drugs", "brew").title == "Two"
        assert library.find("drugs", "brew").title == "One"
    assert library.ENV not in os.environ and "brew" not in library.names("drugs")
    with pytest.raises(ScenarioError, match="parts the folders"):
        library.also(tmp_path / f"a{os.pathsep}b")
    monkeypatch.setenv(library.ENV, str(tmp_path / "nowhere"))
    with pytest.raises(ScenarioError, match="is no folder"):
        library.find("drugs", "brew")


def test_a_mechanism_of_ones_own_is_found_and_read_again_when_it_changes(folder):
    file = write(folder / "mechanisms" / "brew.py", MECHANISM)
    first = biology.find("brew")
    assert biology.find("brew") is first and first().stem == "brew" and biology.stems()["brew"] == str(file)
    before = cache.fingerprint(assemble(first))
    file.write_text(MECHANISM.replace("v.loss *", "2 * v.loss *"), encoding="utf-8")
    second = biology.find("brew")
    assert second is not first and cache.fingerprint(assemble(second)) != before
    file.write_text(MECHANISM, encoding="utf-8")
    assert cache.fingerprint(assemble(biology.find("brew"))) == before


def test_a_scenario_is_resolved_anew_when_a_mechanism_changes(folder):
    file = write(folder / "mechanisms" / "brew.py", MECHANISM)
    number = '[drug.brew.loss]\nvalue = 1\nunit = "1/day"\nkind = "assumed"\nwhy = "made up"\n'
    write(folder / "mechanisms" / "brew.toml", f'title = "Brew"\n{number}')
    scenario = write(folder / "mine.toml", 'trial = "eliana"\n[modules]\n"drug.brew" = "brew"\n')
    model = resolve(scenario).model()
    assert resolve(scenario).model() is model
    file.write_text(MECHANISM.replace("amount =", "held =").replace("amount", "held"), encoding="utf-8")
    assert "drug.brew.amount" in model.states and "drug.brew.held" in resolve(scenario).model().states


def test_another_process_finds_it_too(folder):
    write(folder / "models" / "brew.py", MECHANISM)
    code = "from livingdrug import biology; print(biology.find('brew').role)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.strip() == "drug.brew", shown.stderr


def test_a_model_that_another_process_sent_is_understood(folder):
    """A worker that has never heard of the mechanism gets a model made of it."""
    cloudpickle = pytest.importorskip("cloudpickle")
    write(folder / "mechanisms" / "brew.py", MECHANISM)
    sent = folder / "model.pickle"
    sent.write_bytes(cloudpickle.dumps(assemble(biology.find("brew"))))
    code = f"import pickle, pathlib; print(pickle.loads(pathlib.Path({str(sent)!r}).read_bytes()).states)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.strip() == "('drug.brew.amount',)", shown.stderr


def test_a_stem_is_a_mechanisms_name(folder):
    write(folder / "mechanisms" / "steroid.py", MECHANISM)
    with pytest.raises(WiringError, match="two mechanism files are called 'steroid'"):
        biology.find("tocilizumab")
    same = Path(biology.ROOT / "drugs" / "steroid.py").read_text(encoding="utf-8")
    write(folder / "mechanisms" / "steroid.py", same)
    assert biology.find("steroid").__module__ == "livingdrug.biology.drugs.steroid"
    write(folder / "mechanisms" / "brew.py", MECHANISM)
    write(folder / "models" / "brew.py", MECHANISM)
    with pytest.raises(WiringError, match="mechanisms/brew.py and .*models/brew.py"):
        biology.find("brew")


LINES = MECHANISM.splitlines()


@settings(max_examples=some(60))
@given(
    line=st.integers(0, len(LINES) - 1),
    text=st.sampled_from(
        ["    1 / 0", "(", "raise SystemExit", "    import nothing_of_that_name", "        return v.los", "", "\t\0"]
    )
    | st.text(max_size=20),
)
def test_no_mistake_in_a_mechanism_is_a_traceback(line, text, tmp_path_factory):
    """Any line of the file replaced by anything: the mechanism is found, or one message says where to look."""
    folder = tmp_path_factory.mktemp("library")
    write(folder / "mechanisms" / "brew.py", "\n".join([*LINES[:line], text, *LINES[line + 1 :]]))
    with library.also(folder):
        try:
            biology.find("brew")
        except LivingDrugError as refused:
            assert refused.where and ("brew" in refused.where), refused


@pytest.mark.parametrize(
    "old, new, line",
    [
        ('"loss")', '"loss"', 10),
        ("v.loss * v.amount", "1 / 0", 15),
        ("import Entry", "import Entrance", 3),
        ("        yield Flow", "        return Flow", 0),
        ("yield Flow", "if v.amount > 0: yield Flow", 15),  # what only symbols tell
        ("v.loss * v.amount", "v.loss * float(v.amount)", 15),
        ("v.loss * v.amount", "v.loss * __import__('math').exp(v.amount)", 15),
        ('yield Flow("loss"', 'while True: yield Flow("loss"', 0),
        ("yield Flow(", "yield str(", 0),
        ('role = "drug.brew"', "role = 5", 0),
        ('out_of="amount"', 'out_of="amuont"', 15),
        ("rate=v.loss * v.amount", "rate=v.amount", 0),  # what only units tell
        ('Param("1/day"', 'Param("1/hour"', 0),
    ],
)
def test_a_mistake_is_shown_at_its_line(folder, old, new, line):
    write(folder / "mechanisms" / "brew.py", MECHANISM.replace(old, new))
    with pytest.raises((WiringError, UnitError)) as refused:
        biology.find("brew")
    assert "brew.py" in refused.value.where
    assert not line or refused.value.where.endswith(f"brew.py:{line}"), refused.value.where


@pytest.mark.parametrize(("unit", "fits"), [("pg/mL", True), ("kg", False), ("ng/mL", False)])
def test_a_reading_has_the_unit_of_what_is_read(unit, fits, folder, tmp_path_factory):
    """A mechanism alone is right in any unit; beside the one that it reads it is refused, at the line that reads."""
    reading = f'    il6 = Reads("cytokines.il6", "{unit}")\n    half = Param("{unit}", "half")\n    amount = State'
    text = MECHANISM.replace("    amount = State", reading).replace("v.loss *", "v.loss * v.il6 / v.half *")
    write(folder / "mechanisms" / "brew.py", text.replace("Param, State", "Param, Reads, State"))
    number = 'value = 1\nkind = "assumed"\nwhy = "x"\n'
    numbers = f'[drug.brew.loss]\nunit = "1/day"\n{number}[drug.brew.half]\nunit = "{unit}"\n{number}'
    write(folder / "mechanisms" / "brew.toml", numbers)
    scenario = write(tmp_path_factory.mktemp("mine") / "m.toml", 'trial = "eliana"\n[modules]\n"drug.brew" = "brew"\n')
    if fits:
        assert "drug.brew" in resolve(scenario).model().modules
        return
    with pytest.raises(UnitError, match=r"cytokines\.il6") as refused:
        resolve(scenario)
    assert refused.value.where.endswith("brew.py:11")


@pytest.mark.parametrize("name", ["drugs/brew.toml", "mechanisms/brew.py"])
def test_what_is_no_file_is_called_so(name, folder):
    """A folder, a pipe (which would be waited for), a device (read without end), links to nothing and in a circle."""
    place = folder / name
    place.parent.mkdir()
    asked = {".toml": lambda: library.find("drugs", "brew"), ".py": lambda: biology.find("brew")}[place.suffix]
    makes = [place.mkdir, *(lambda to=to: place.symlink_to(to) for to in ("/dev/zero", "nowhere", place.name))]
    for make in [*makes, *([lambda: os.mkfifo(place)] if hasattr(os, "mkfifo") else [])]:
        make()
        with pytest.raises(LivingDrugError) as refused:
            asked()
        assert place.name in refused.value.where and refused.value.mend
        place.rmdir() if place.is_dir() else place.unlink()


@pytest.mark.parametrize("raised", ["GeneratorExit", "type('Odd', (BaseException,), {})('odd')"])
def test_whatever_a_mechanism_raises_is_one_message(raised, folder):
    write(folder / "mechanisms" / "brew.py", MECHANISM.replace("class Brew", f"raise {raised}\n\n\nclass Brew"))
    with pytest.raises(WiringError, match="brew.py:6"):
        biology.find("brew")


@pytest.mark.parametrize("old, new", [("v.loss * v", "float('inf') * v"), ("v.loss * v", "v.loss * float('nan') * v"),
                                      ('{"amount": 1.0}', '{"amount": float("nan")}')])  # fmt: skip
def test_what_is_never_a_finite_number_is_refused(old, new, folder):
    write(folder / "mechanisms" / "brew.py", MECHANISM.replace(old, new))
    with pytest.raises(WiringError, match="no finite number"):
        biology.find("brew")


def test_a_name_that_nobody_answers_to_beside_a_broken_file(tmp_path, monkeypatch):
    """The word is blamed at its place, and the file named that cannot be read."""
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "mine.toml").write_text("title = ", encoding="utf-8")
    monkeypatch.setenv("LIVINGDRUG_LIBRARY", str(tmp_path))
    with pytest.raises(LivingDrugError) as caught:
        library.find("products", "your", where="--set")
    assert caught.value.where == "--set" and "mine.toml:1" in str(caught.value.mend)
    with pytest.raises(LivingDrugError, match="not valid TOML"):
        library.find("products", "mine", where="--set")
