"""Disease, product, drug, cell-marker and observable names are data: general code that names one must change for the
next disease. The words are taken from the library itself, and a few more are written here."""

from __future__ import annotations

import ast
import re
import tokenize
from functools import cache
from itertools import groupby
from pathlib import Path

from livingdrug import biology, library

SRC = Path(__file__).resolve().parents[2] / "src" / "livingdrug"
DATA = {"biology", "library"}
WRITTEN = (
    "leukaemia leukaemic leukemia lymphoma myeloma blast blasts marrow remission cd19 cd22 bcma b-cell il-6 il6 il-7 "
    "il-15 crp ferritin interferon ifn-γ antibody steroid steroids qpcr neutrophils lymphocytes leucocytes cytokine "
    "cytokines immunoglobulin macrophages neurotoxicity temperature fever 37.0"
)
# Words of the library that mean something else in general code.
ELSEWHERE = {"outcome", "tumour", "kinetics", "flow", "drug", "assay", "conditioning", "serum", "physiology", "hazards"}
ELSEWHERE |= {"waiting", "slots", "release", "culture", "journey"}
FIGURES = "living figures of the explainers: each shows this therapy, in the words of its page"
EXAMPLE = "an example, in what a command or an error says to its user"
# What may stand where: file or folder -> (words, why); no words: any. Everything else may name none.
ALLOWED: dict[str, tuple[set[str], str]] = {
    "registry": (set(), "registers hold every disease and product; what is looked for is data of library/registry"),
    "bench": (set(), "the study model is a model of its own, written out to be timed; no result rests on it"),
    "published/compare.py": (
        {"leucocytes", "qpcr"},
        "models in copies and in cells meet only through an assay and a count of leucocytes, options of compare",
    ),
    "cli/models.py": ({"leucocytes"}, "the option of published/compare.py"),
    "cli/templates.py": (set(), "texts of the files that `new` writes: examples for a user to change"),
    "cli/trials.py": ({"cd19", "lymphoma"}, EXAMPLE),
    "cli/library.py": ({"kinetics.growth"}, EXAMPLE),
    "cli/templates_mechanism.py": (set(), "texts of the files that `new` writes: examples for a user to change"),
    "cli/terminal.py": ({"kinetics.growth", "tumour.kill"}, EXAMPLE),
    "spec/fields.py": ({"neurotoxicity"}, "a family of measures, whatever simulates it"),
    "spec/scenario.py": ({"kinetics.growth"}, EXAMPLE),
    "care/writer.py": ({"fever"}, "an example, in what an error says to its user"),
    "units.py": ({"temperature"}, "a kind of quantity"),
    "web/static/figures": (set(), FIGURES),
    "web/figures.py": (set(), FIGURES),
    "web/chances.py": (set(), FIGURES),
    "web/living.py": ({"37.0"}, "temperatures are carried as degrees above 37"),
    "web/pages/_charts.py": (set(), "charts of invented numbers, for whoever changes the style"),
}
STRICT = ("report", "plot", "results", "engine", "cohort", "model", "fit")  # may never have an exception


def words() -> set[str]:
    """Lower-case words and names that are data: entries of the library, roles and quantities of biology."""
    found = {*WRITTEN.split(), "b cell", "b cells"}
    for kind in ("products", "drugs", "tumours", "mechanisms"):
        for name in library.names(kind):
            entry = library.find(kind, name)
            found |= {
                name.lower(),
                name.lower().replace("_", " ").replace("-", " "),
                *(a.lower() for a in entry.aliases),
            }
    for stem, place in biology.stems().items():
        if ".published." not in place:
            module = biology.find(stem)
            found.add(module.role.lower())
            found |= {f"{module.role}.{d.name}".lower() for d in module.declared.values()}
    return {w for w in found if len(w) > 3 or w in ("crp", "cy")} - ELSEWHERE - {"cy"}


@cache
def pattern() -> re.Pattern[str]:
    """Any of the words, the longest first; those of two first letters together, since a pattern is tried in order."""
    alike = groupby(sorted(words(), key=lambda w: (w[:2], -len(w))), key=lambda w: w[:2])
    kinds = (f"{re.escape(two)}(?:{'|'.join(re.escape(w[2:]) for w in some)})" for two, some in alike)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(kinds)})(?!\w)")


FILES = sorted(
    p for ending in ("*.py", "*.j2", "*.js") for p in SRC.rglob(ending) if p.relative_to(SRC).parts[0] not in DATA
)


def named(text: str) -> set[str]:
    return set(pattern().findall(text.lower()))


@cache
def spoken(path: Path) -> list[tuple[int, str]]:
    """Line and text of everything that a file's code says: names, texts and numbers, but no docstrings or comments."""
    text = path.read_text(encoding="utf-8")
    if not named(text):
        return []
    if path.suffix != ".py":
        return list(enumerate(text.splitlines(), 1))
    docstrings = {
        node.body[0].lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node)
    }
    kinds = {tokenize.STRING, tokenize.NAME, tokenize.NUMBER, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    with path.open("rb") as file:
        return [
            (t.start[0], t.string)
            for t in tokenize.tokenize(file.readline)
            if t.type in kinds and not (t.type == tokenize.STRING and t.start[0] in docstrings)
        ]


def test_general_code_names_no_disease_product_drug_or_observable() -> None:
    bad = []
    for path in FILES:
        name = path.relative_to(SRC).as_posix()
        allowed, why = next(
            (x for place, x in ALLOWED.items() if name == place or name.startswith(f"{place}/")), (set(), "")
        )
        if allowed or not why:
            bad += [f"{name}:{line}: {w}" for line, text in spoken(path) for w in sorted(named(text) - allowed)]
    assert len(FILES) > 200 and not bad, "let the library's files say it"


def test_the_list_of_words_holds_what_it_should() -> None:
    known = words()
    assert {
        "tisagenlecleucel",
        "kymriah",
        "b-all",
        "tocilizumab",
        "dexamethasone",
        "cytokines.il6",
        "tumour.burden",
    } <= known
    assert {"physiology.temperature", "assay.qpcr.copies", "conditioning.fludarabine", "b_cells.igg"} <= known
    for text in ('"assay.qpcr.copies"', "the leukaemia", "given(Tocilizumab)", "x - 37.0", "CD19-positive"):
        assert named(text), f"{text} would pass"
    for text in ("kinetics of a drug", "the tumour", "a flow", "blasted"):
        assert not named(text), f"{text} is refused"


def test_every_exception_is_needed() -> None:
    """An allowance whose file no longer needs it goes, so that the list only shrinks."""
    for place, (allowed, why) in ALLOWED.items():
        files = [p for p in FILES if (n := p.relative_to(SRC).as_posix()) == place or n.startswith(f"{place}/")]
        assert files and why, f"{place} is not there any more"
        assert place.partition("/")[0] not in STRICT, f"{place} may name nothing"
        said = {w for p in files for _, text in spoken(p) for w in named(text)}
        assert (allowed or said) <= said, f"{place} no longer says {allowed - said}"
        assert said, f"{place} names nothing: take its exception out"
