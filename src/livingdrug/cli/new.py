"""`livingdrug new` and `livingdrug schema`: a first file of a kind, and what files of a kind may say."""

from __future__ import annotations

import json
import keyword
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from livingdrug.errors import ScenarioError, unknown
from livingdrug.files import write_text

WHERE = "livingdrug new"


def new(
    kind: Annotated[
        str,
        typer.Argument(
            help="product, drug, tumour, population, protocol, trial, scenario, mechanism or model (a published one)."
        ),
    ],
    name: Annotated[str, typer.Argument(help="Its name: one file NAME.toml here; two of a mechanism or model.")],
) -> None:
    """Write a commented template that loads and runs as it is, to be filled with your own numbers."""
    from livingdrug.cli.templates import KINDS, TEMPLATES, files

    if kind not in KINDS:
        raise unknown("kind of template", kind, KINDS, WHERE)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,79}", name) or name.endswith(".toml"):
        allowed = "letters, digits, - _ + and . (80 at most), without .toml"
        raise ScenarioError(f"'{name}' is not a name for a file", where=WHERE, allowed=allowed)
    if kind not in TEMPLATES and (not name.isidentifier() or keyword.iskeyword(name)):
        allowed = "letters, digits and _, not a digit first: it names a Python file"
        raise ScenarioError(f"'{name}' is not a name for a {kind}", where=WHERE, allowed=allowed)
    if kind == "drug" and "." in name:
        raise ScenarioError(f"'{name}' is not a name for a drug", where=WHERE, allowed="a name without dots")
    from livingdrug import library

    made = files(kind, name)
    for path, _ in made:
        if os.path.lexists(path):
            said = f"'{path}' is there already; it was not changed"
            raise ScenarioError(said, where=WHERE, mend="choose another name or move the file")
    for path, text in made:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            said = f"'{Path(path).parent}' cannot be made: {problem.strerror or problem}"
            raise ScenarioError(said, where=WHERE, mend="go to a folder you may write to") from None
        write_text(path, text, where=WHERE, new=True)
        print(f"wrote {path}")
    if kind not in TEMPLATES:
        print(f"to use it: keep library/ beside your scenario, or set {library.ENV}=library (for models run and show)")


def schema(
    kind: Annotated[
        str,
        typer.Argument(
            help="scenario, trial, protocol, population, product, costimulation, manufacture, comparator, tumour, "
            "drug, mechanism, scale, model, wrong_truths or naive_transfer."
        ),
    ],
) -> None:
    """What a file of a kind may say, as JSON Schema (for editors and forms)."""
    from livingdrug.spec.json_schema import schema_of

    print(json.dumps(schema_of(kind), indent=1, ensure_ascii=False))
