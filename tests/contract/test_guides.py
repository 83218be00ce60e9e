"""The guides in CONTRIBUTING.md, carried out as they stand: every file is written, every command is run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from livingdrug import biology, library
from livingdrug.cli.templates_mechanism import FILES
from livingdrug.model.alone import alone
from livingdrug.model.checks import check_units
from livingdrug.published.course import run
from livingdrug.published.entry import published
from livingdrug.scenario import resolve
from thoroughness import some_of

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)


@dataclass(frozen=True)
class Guide:
    """A section with steps: files by their path, and the lines of its console."""

    title: str
    files: dict[str, str]
    commands: list[str]


def guides() -> dict[str, Guide]:
    """Every section of the page that has files or commands."""
    found = {}
    for section in re.split(r"^## ", TEXT, flags=re.M)[1:]:
        title, files, commands = section.partition("\n")[0], {}, []
        for language, path, body in FENCE.findall(section):
            if path:
                files[path] = body
            elif language == "console":
                commands += [line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ ")]
        if files or commands:
            found[title] = Guide(title, files, commands)
    return found


GUIDES = guides()
LISTED = dict(re.findall(r"^\| \[([^\]]+)\]\(#[\w-]+\) \| (\d+) \|", TEXT, flags=re.M))


def written(folder: Path, guide: Guide) -> Path:
    for path, text in guide.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_each_thing_of_the_list_has_a_guide_of_so_many_files():
    counted = {g.title.lower(): sum(p.startswith("library/") for p in g.files) for g in GUIDES.values()}
    assert len(LISTED) >= 4 and counted == {title.lower(): int(n) for title, n in LISTED.items()}


@pytest.mark.parametrize("title", GUIDES)
def test_a_guide_can_be_followed(title, tmp_path):
    guide = GUIDES[title]
    folder, env = written(tmp_path, guide), {k: x for k, x in os.environ.items() if k != library.ENV}
    assert guide.commands, "a guide ends with something to run"
    for line in guide.commands:
        word, *rest = shlex.split(line)
        if word == "export":
            env.update([rest[0].split("=", 1)])
            continue
        assert word == "livingdrug", f"the test knows no command '{word}'"
        ran = subprocess.run(
            [sys.executable, "-m", "livingdrug", *rest], cwd=folder, env=env, capture_output=True, text=True
        )
        assert ran.returncode == 0 and "Traceback" not in ran.stderr, f"{line}\n{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize("title", some_of(GUIDES))
def test_what_a_guide_adds_passes_the_contract_of_its_kind(title, tmp_path):
    """The contract tests of mechanisms look at a folder of one's own, too."""
    stems = [Path(p).stem for p in GUIDES[title].files if p.endswith(".py")]
    env = {**os.environ, library.ENV: str(written(tmp_path, GUIDES[title]) / "library")}
    for stem in stems:
        ran = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:xdist",
                "-p",
                "no:cacheprovider",
                "-o",
                "addopts=",
                "-k",
                stem,
            ]
            + ["tests/contract/test_modules.py"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0 and re.search(r"[4-9] passed", ran.stdout), ran.stdout[-3000:]


def test_the_published_model_of_the_guide_says_that_it_was_read_once(tmp_path):
    with library.also(written(tmp_path, GUIDES["A published model"]) / "library"):
        model = published("predator_prey_2022")
        assert model.read_once
        assert float(run(model).measure(model.figures[0].measure)[0]) == pytest.approx(model.figures[0].value, rel=0.01)


@pytest.mark.parametrize("name", ["mine", "drug_of_mine2"])
def test_the_templates_of_mechanisms_and_models_load_and_run(name, tmp_path):
    for path, text in [x for files in FILES.values() for x in files]:
        if path.endswith(".py"):
            name_here = f"{name}_{Path(path).parent.name}"
        file = tmp_path / path.replace("NAME", name_here)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("NAME", name_here), encoding="utf-8")
    with library.also(tmp_path / "library"):
        mechanism = f"{name}_mechanisms"
        check_units(alone(biology.find(mechanism)))
        scenario = tmp_path / "scenario.toml"
        scenario.write_text(f'trial = "eliana"\n[modules]\n"drug.{mechanism}" = "{mechanism}"\n', encoding="utf-8")
        resolved = resolve(scenario)
        assert set(resolved.model().parameters) == set(resolved.parameters)
        assert f"drug.{mechanism}.dose" in resolved.model().inputs
        model = published(f"{name}_models")
        check_units(model.model)
        assert float(run(model).measure("nadir(tumour_left)")[0]) < 0.5
