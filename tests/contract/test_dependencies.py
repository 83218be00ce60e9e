"""No dependency is unused: each one that the package asks for is imported by it."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = {
    "python-copasi": "COPASI",
    "python-libsbml": "libsbml",
    "markdown-it-py": "markdown_it",
    "scikit-sundae": "sksundae",
    "libroadrunner": "roadrunner",
    "cupy-cuda12x": "cupy",
}
# Not imported in the package: the shell's tools of the tests, and what another dependency needs.
INDIRECT = {
    "jax": "diffrax needs it",
    "dask": "distributed needs it",
    "python-multipart": "starlette reads forms with it",
    "pytest-xdist": "a plugin of pytest",
    "mypy": "a command",
    "ruff": "a command",
    "sphinx": "a command of docs/site/build.py",
    "furo": "the theme that docs/site/conf.py names",
    "myst-parser": "an extension that docs/site/conf.py names",
}


def asked() -> list[tuple[str, str]]:
    """(extra or "", distribution) of every dependency."""
    listed = [("", d) for d in PROJECT["dependencies"]]
    listed += [(extra, d) for extra, found in PROJECT["optional-dependencies"].items() for d in found]
    names = [(extra, re.split(r"[\[<>=;~! ]", d)[0]) for extra, d in listed]
    return [(extra, name) for extra, name in names if name != "livingdrug" and name not in INDIRECT]


IMPORTED = re.compile(
    r"""^[ ]*(?:from|import)[ ](\w+)|(?:find_spec|import_module|importorskip)\(f?"(\w+)""", flags=re.M | re.X
)


@cache
def imported(folder: str) -> set[str]:
    """The top modules that the files of a folder import, anywhere in them, also by name (`import_module`)."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py"))
    return {word for text in texts for found in IMPORTED.findall(text) for word in found}


@pytest.mark.parametrize(("extra", "name"), asked())
def test_a_dependency_is_used(extra: str, name: str) -> None:
    module = MODULES.get(name, name.replace("-", "_"))
    used = imported("src") | (imported("tests") if extra == "dev" else set())
    assert module in used, f"nothing imports {module}: leave {name} out"


def test_nothing_is_excused_that_is_not_asked_for() -> None:
    listed = " ".join([*PROJECT["dependencies"], *(d for x in PROJECT["optional-dependencies"].values() for d in x)])
    assert all(name in listed for name in (*INDIRECT, *MODULES))
