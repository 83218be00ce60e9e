"""Two rows of one kind, two arms, that no reader could tell apart are refused: blanks, underscores, accents, titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.errors import ScenarioError
from livingdrug.scenario import resolve

ASSUMED = 'kind = "assumed"\nwhy = "a test"\n'
ROWS = {
    "endpoint": 'events = ["death"]\n',
    "measure": 'kind = "share"\nof = "count(remission) > 0"\n',
    "column": 'value = "count(remission)"\n',
    "protocol.rule": f'when = "crs.grade >= 2"\ndo = {{ stop = true }}\n{ASSUMED}',
    "protocol.watch": f'when = "crs.grade >= 2"\n{ASSUMED}',
    "protocol.schedule": f'give = "fludarabine"\namount = "30 mg/m2"\ndays = [-4]\n{ASSUMED}',
    "arm": 'kinetics.growth = "* {}"\n',
}
ALIKE = [("mine", "mine "), (" mine", "mine"), ("mine one", "mine_one"), ("mine one", "mine  one"),
         ("caf\u00e9 x", "cafe\u0301 x"), ("mine\u00a0one", "mine one"), ("\ufb01rst", "first")]  # fmt: skip
APART = [("mine", "yours"), ("mine 1", "mine 2"), ("CD19", "CD22")]


def written(folder: Path, kind: str, names: tuple[str, str], titles: tuple[str, str] | None = None) -> Path:
    file = folder / "mine.toml"
    text = 'trial = "eliana"\n'
    for i, name in enumerate(names):
        text += f'[[{kind}]]\nname = "{name}"\n' + ("new = true\n" if kind != "arm" else "")
        text += (f'title = "{titles[i]}"\n' if titles else "") + ROWS[kind].replace("{}", f"{i + 2}")
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", ROWS)
def test_names_that_look_alike_are_refused(kind: str, tmp_path: Path) -> None:
    for names in ALIKE:
        with pytest.raises(ScenarioError, match="look alike|are called|stands twice|cannot be") as caught:
            resolve(written(tmp_path, kind, names))
        assert "mine.toml:" in str(caught.value.where) and caught.value.mend, names


@pytest.mark.parametrize("kind", [k for k in ROWS if k != "measure"])
def test_names_that_do_not_stand(kind: str, tmp_path: Path) -> None:
    for names in APART:
        resolve(written(tmp_path, kind, names))


@pytest.mark.parametrize("kind", ["endpoint", "measure", "column", "arm"])
@pytest.mark.parametrize("titles", [("Alive at 1 year", "Alive at 1 year"), ("Alive", "alive "), ("a b", "A  b")])
def test_titles_that_are_alike_are_refused(kind: str, titles: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="the title") as caught:
        resolve(written(tmp_path, kind, ("one", "other"), titles))
    assert "mine.toml:" in str(caught.value.where)


def test_an_arm_may_not_be_titled_as_another_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="the title"):
        resolve(written(tmp_path, "arm", ("one", "other"), ("x", "X")))
    file = tmp_path / "mine.toml"
    file.write_text(
        'trial = "eliana"\n[[arm]]\nname = "one"\n[[arm]]\nname = "other"\ntitle = "One"\n', encoding="utf-8"
    )
    with pytest.raises(ScenarioError, match="the title"):
        resolve(file)
