"""Arms that differ in one word: each is what a scenario of that word alone is, they share all else, and arms that do
not differ at all are told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from livingdrug.scenario import resolve
from livingdrug.trial import Trial
from thoroughness import some_of

TRIAL = 'trial = "eliana"\n'

# A change of each part, of the trial's own words, of a number and of a mechanism, which touches no other.
CHANGES = {
    "number": ("kinetics.growth", '"1.5 1/day"'),
    "protocol": ("protocol.follow_up", '"39 months"'),
    "rule": ('protocol.rule."tocilizumab".limits.doses', "2"),
    "share": ("protocol.share.not_evaluable", "0.2"),
    "property": ("covariates.age.value", "12"),
    "product": ("product", '"axicabtagene-ciloleucel"'),
    "tumour": ("tumour.kill", '"* 0.5"'),
    "visits": ("visits.blood", "[28, 365]"),
    "measure": ("measure.efs_12m.at", '"6 months"'),
    "mechanism": ('modules."drug.anakinra"', '"anakinra"'),
}


def written(folder: Path, *changes: str) -> Path:
    file = folder / "arms.toml"
    arms = (
        f'[[arm]]\nname = "{name}"\n[arm.set]\n{CHANGES[name][0]!r} = {CHANGES[name][1]}\n'
        if name in CHANGES
        else f'[[arm]]\nname = "{name}"\n'
        for name in changes
    )
    file.write_text(TRIAL + "".join(arms), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> object:
    return resolve(written(tmp_path_factory.mktemp("arms"), "as it is", *CHANGES))


@pytest.mark.parametrize("name", CHANGES)
def test_an_arm_is_what_its_change_alone_makes(name: str, every: object, tmp_path: Path) -> None:
    path, value = CHANGES[name]
    file = tmp_path / "alone.toml"
    file.write_text(f"{TRIAL}[set]\n{path!r} = {value}\n", encoding="utf-8")
    arm, alone = every.arm(name).resolved, resolve(file)  # type: ignore[attr-defined]
    assert arm.therapy == alone.therapy and arm.asked == alone.asked
    plain = every.arm("as it is").resolved  # type: ignore[attr-defined]
    assert (arm.therapy, arm.asked) != (plain.therapy, plain.asked)


def test_arms_share_what_they_do_not_change(every: object) -> None:
    plain, *arms = (arm.resolved for arm in every.arms)  # type: ignore[attr-defined]
    shared = {name: [r for r in arms if getattr(r, name) is getattr(plain, name)] for name in ("trial", "protocol")}
    assert len(shared["trial"]) == len(arms) - 2 and len(shared["protocol"]) == len(arms) - 3


def test_many_arms_are_read_and_tried_soon(tmp_path: Path) -> None:
    rows = "".join(f'[[arm]]\nname = "{i}"\nkinetics.growth = {1 + i / 100}\n' for i in range(60))
    file = tmp_path / "many.toml"
    file.write_text(TRIAL + rows, encoding="utf-8")
    Trial("eliana").check()  # what is read once is read
    begun = time.process_time()
    Trial(file).check()
    assert time.process_time() - begun < 12


SAME = {
    "nothing": "",
    "titles": 'title = "another title"\n',
    "the library's own value": 'kinetics.growth = "* 1"\n',
    "its own protocol": 'protocol = "eliana"\n',
    "its own visits": "visits.response = [28, 60, 91]\n",
}


@pytest.mark.parametrize("how", SAME)
def test_two_arms_that_are_the_same_are_told(how: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    other = f'[[arm]]\nname = "c"\nkinetics.growth = "* 2"\n[[arm]]\nname = "b"\n{SAME[how]}'
    file.write_text(f'{TRIAL}[[arm]]\nname = "a"\n{other}', encoding="utf-8")
    notes = {arm.name: " ".join(arm.resolved.notes) for arm in resolve(file).arms}
    assert "the arms 'a' and 'b' are the same" in notes["b"] and "the same" not in notes["a"] + notes["c"]


@pytest.mark.parametrize("name", some_of(CHANGES, one_in=2))
def test_two_arms_with_one_change_are_told(name: str, tmp_path: Path) -> None:
    path, value = CHANGES[name]
    arm = '[[arm]]\nname = "{}"\n[arm.set]\n' + f"{path!r} = {value}\n"
    file = tmp_path / "mine.toml"
    file.write_text(TRIAL + arm.format("a") + arm.format("b"), encoding="utf-8")
    assert any("'a' and 'b' are the same" in note for arm in resolve(file).arms for note in arm.resolved.notes)
