"""A wrong unit in a user's own mechanism is told with the line of the equation that makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug import biology
from livingdrug.errors import LivingDrugError

TEXT = '''"""A drug of its own."""

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class Mechanism(Module):
    """What it does. Leaves out: all else."""

    role = "drug.{stem}"
    loss = Param("1/day", "loss of the drug")
    back = Param("1/day", "return of the drug")
    half = Param("mg", "drug of half the effect")
    drug = State("mg", "drug in the body")
    depot = State("mg", "drug elsewhere")
    effect = Publishes("1", "effect of the drug")
    dose = Entry("mg", "a dose", into={{"drug": 1.0}})

    def flows(self, v):
        """What moves."""
        yield Flow("loss", out_of="drug", rate={loss})
        yield Flow("depot", out_of="drug", into="depot", rate={there})
        yield Flow("back", out_of="depot", into="drug", rate={back})

    def published(self, v):
        """What others may read."""
        return {{"effect": {effect}}}
'''
RIGHT = {"loss": "v.loss * v.drug", "there": "v.back * v.drug", "back": "v.back * v.depot",
         "effect": "v.drug / (v.drug + v.half)"}  # fmt: skip
LINES = {"loss": 20, "there": 21, "back": 22, "effect": 26}
WRONG = {
    "loss": ("v.drug", "v.loss", "v.loss * v.drug / v.half", "v.loss * v.drug + v.loss", "v.loss * v.drug * v.drug"),
    "there": ("v.drug", "v.back * v.drug + v.half", "v.back**2 * v.drug"),
    "back": ("v.depot", "v.back", "v.depot + v.back"),
    "effect": ("v.drug", "v.drug / (1 + v.half)", "v.loss", "v.drug / v.half + v.drug"),
}


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library" / "mechanisms"
    folder.mkdir(parents=True)
    monkeypatch.setenv("LIVINGDRUG_LIBRARY", str(tmp_path / "library"))
    return folder


def test_the_mechanism_as_it_stands_is_read(own: Path) -> None:
    (own / "linesright.py").write_text(TEXT.format(stem="linesright", **RIGHT), encoding="utf-8")
    assert biology.find("linesright").role == "drug.linesright"


@pytest.mark.parametrize("part", WRONG)
def test_a_wrong_unit_is_told_at_the_line_of_its_equation(part: str, own: Path) -> None:
    for i, wrong in enumerate(WRONG[part]):
        stem = f"lines{part}{i}"
        text = TEXT.format(stem=stem, **{**RIGHT, part: wrong})
        assert wrong in text.splitlines()[LINES[part] - 1]
        (own / f"{stem}.py").write_text(text, encoding="utf-8")
        with pytest.raises(LivingDrugError) as caught:
            biology.find(stem)
        assert str(caught.value.where).endswith(f"{stem}.py:{LINES[part]}"), (wrong, caught.value)
