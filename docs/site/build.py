"""The documentation as a folder of pages: `python docs/site/build.py` writes build/site. A warning is an error.

The pages are docs/*.md, docs/guides/*.md and a few files of the root as they stand, and the reference, which is made
from the package itself. They are laid out in build/docs first, with the links that hold there.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from reference import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS, LAID, SITE = ROOT / "docs", ROOT / "build" / "docs", ROOT / "build" / "site"
# Files of the root and of other folders that are pages too, and under which name.
ALSO = {
    "README.md": "index.md",  # links to the README lead to the first page
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "docs/search.md": "searching.md",  # search.html is where the site's own search answers
    "benchmarks/README.md": "benchmarks/README.md",
    "benchmarks/engine.md": "benchmarks/engine.md",
    "benchmarks/registry.md": "benchmarks/registry.md",
}
# Where the sidebar has room for more than the page's own title.
TITLES = {"contributing": "Add a product, drug, model or trial", "tutorial": "Your first quarter of an hour"}
# What the reader finds where. A page of docs/ that is not named stands with the guides; one that is not there is left
# out.
SECTIONS = {
    "Tutorial": ["tutorial"],
    "How-to guides": [
        "web",
        "guides/what_if",
        "guides/results",
        "guides/closer",
        "interoperability",
        "cohort",
        "contributing",
        "models",
        "sbml",
        "cluster",
    ]
    + ["searching", "registry"],
    "Explanation": [
        "biology",
        "statistics",
        "analysis_plan",
        "scoreboard",
        "verification",
        "validation",
        "manufacture",
        "donor",
        "credibility",
        "explainers",
        "benchmarks/*",
        "architecture",
        "style",
        "glossary",
    ],
    "Reference": ["commands", "reference/cli", "reference/api/index", "library", "trials", "reference/files/index"]
    + ["changelog"],
}
FENCED = re.compile(r"(^```.*?^```$)", re.M | re.S)
NAMED = re.compile(r'^```(\w+) title="([^"]+)"\n')
LINK = re.compile(r"(!?)\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def main() -> int:
    """Lay the pages out and build them; the exit code of Sphinx."""
    from sphinx.cmd.build import main as sphinx

    for folder in (LAID, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    lay_out()
    asked = ["-b", "html", "-W", "--keep-going", "-q", "-c", str(Path(__file__).parent)]
    return sphinx([*asked, "-d", str(ROOT / "build" / "doctrees"), str(LAID), str(SITE)])


def lay_out() -> None:
    """Write every page of the site into build/docs."""
    sources = {path: str(path.relative_to(DOCS)) for path in (*DOCS.glob("*.md"), *DOCS.glob("guides/*.md"))}
    sources |= {ROOT / name: page for name, page in ALSO.items() if (ROOT / name).is_file()}
    made = pages()
    for path, page in sources.items():
        if path.name != "README.md" or path.parent != ROOT:
            write(page, linked(path, page, sources))
    for page, text in made.items():
        write(page, text)
    for picture in DOCS.rglob("*.png"):
        write(str(picture.relative_to(DOCS)), picture.read_bytes())
    inner = [page for page in made if Path(page).parent.name in ("api", "files") and Path(page).stem != "index"]
    listed = [page.rpartition(".")[0] for page in (*sources.values(), *made) if page not in inner]
    head = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]  # what it is: said once, there
    _, _, doors = linked(DOCS / "index.md", "index.md", sources).partition("\n")
    write("index.md", head + doors + contents(listed))


def write(page: str, text: str | bytes) -> None:
    """One file of build/docs."""
    file = LAID / page
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def linked(path: Path, page: str, sources: dict[Path, str]) -> str:
    """A page's text with the links that hold in the site; a link to another file of the project becomes its name."""

    def turned(match: re.Match[str]) -> str:
        picture, words, target, place = match[1], match[2], match[3], match[4] or ""
        if picture or not target or "://" in target or target.startswith(("mailto:", "reference/")):
            return match[0]
        file = (path.parent / target).resolve()
        if file in sources:
            return f"[{words}]({os.path.relpath(sources[file], Path(page).parent or '.')}{place})"
        if not file.exists():
            raise SystemExit(f"{path.relative_to(ROOT)}: a link to '{target}', which is not there")
        return words

    parts = FENCED.split(path.read_text(encoding="utf-8"))
    return "".join(captioned(part) if part.startswith("```") else LINK.sub(turned, part) for part in parts)


def captioned(block: str) -> str:
    """A block of code that has a file's name, with the name above it."""
    return NAMED.sub(r"```{code-block} \1\n:caption: \2\n\n", block)


def contents(listed: list[str]) -> str:
    """The table of contents, as the sidebar shows it."""
    left = dict.fromkeys(page for page in sorted(listed) if page != "index")
    found: dict[str, list[str]] = {}
    for title, wanted in SECTIONS.items():
        found[title] = []
        for name in wanted:
            matching = [p for p in left if p == name or (name.endswith("*") and p.startswith(name[:-1]))]
            found[title] += matching
            left = dict.fromkeys(p for p in left if p not in matching)
    found["How-to guides"] += left
    trees = (
        f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n"
        + "\n".join(f"{TITLES[name]} <{name}>" if name in TITLES else name for name in names)
        + "\n```\n"
        for title, names in found.items()
    )
    return "\n" + "\n".join(trees)


if __name__ == "__main__":
    sys.exit(main())
