"""How to cite the program, from CITATION.cff: the one place that says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

FILE = "CITATION.cff"


@cache
def citation() -> Mapping[str, Any]:
    """What CITATION.cff says: the words at its margin, and `authors` as a list of names.

    The file lies in an installed package, or beside `src` in a checkout; FileNotFoundError where it is in neither.
    """
    inside = Path(str(resources.files("livingdrug")))
    places = (inside / FILE, inside.parents[1] / FILE)
    return read(next((p for p in places if p.is_file()), places[0]).read_text("utf-8"))


def read(text: str) -> Mapping[str, Any]:
    """The part of the format that the file uses: `key: value`, texts with or without quotes, a list of authors."""
    found: dict[str, Any] = {"authors": []}
    for line in text.splitlines():
        if match := re.match(r'\s+-?\s*(name|given-names|family-names):\s*"?(.*?)"?\s*$', line):
            first = line.lstrip().startswith("-")
            if first or not found["authors"]:
                found["authors"].append(match[2])
            else:
                found["authors"][-1] = f"{match[2]} {found['authors'][-1]}"
        elif (match := re.match(r'([\w-]+):\s*"?(.*?)"?\s*$', line)) and match[2]:
            found[match[1]] = match[2]
    return found


def sentence(told: Mapping[str, Any]) -> str:
    """As it stands in a list of references."""
    return f"{', '.join(told['authors'])}. {told['title']}. Version {told['version']}. Licence {told['license']}."


def bibtex(told: Mapping[str, Any]) -> str:
    """The same as an entry of BibTeX."""
    authors = " and ".join(f"{{{name}}}" for name in told["authors"])
    entry = {"author": authors, "title": f"{{{told['title']}}}", "version": told["version"], "note": told["license"]}
    if year := re.match(r"\d{4}", told.get("date-released", "")):
        entry["year"] = year[0]
    return "@software{livingdrug,\n" + "".join(f"  {k} = {{{x}}},\n" for k, x in entry.items()) + "}\n"
