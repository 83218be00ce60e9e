"""Whether parts belong together: a product and what the disease bears, a comparator and whose it was, a donor's cells
and what answers them. What does not is legal, and is told; what could change nothing is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livingdrug import library
from livingdrug.errors import ScenarioError, listed
from livingdrug.library import LibraryFile
from livingdrug.library.located import mistakable
from livingdrug.scenario.draft import Draft
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.numbers import Product, Tumour

NO_CELLS = ("modules", "drugs", "product", "tumour", "costimulation", "manufacture")  # nothing of an arm without cells
NO_DOSES = tuple(f"protocol.{x}" for x in ("start", "schedule", "rule", "watch", "drugs", "modules"))


def notes(
    typed: Mapping[str, Any], entries: Mapping[str, Sequence[LibraryFile]], modules: Mapping[str, str]
) -> list[str]:
    """One sentence a pair of parts that does not belong together.

    typed, entries: each part, and its files, lowest first; modules: role -> mechanism.
    """
    if comparator := typed.get("comparator"):
        return of_another_disease(comparator, entries)
    if tumour := typed.get("tumour"):
        _antigens(tumour)
    return [*unborne(typed["product"], typed.get("tumour"), entries), *unanswered(typed["product"], modules)]


def lacking(product: Product, tumour: Tumour | None) -> list[str]:
    """The antigens that a product is against, and that no number of the disease is of; none where it says nothing."""
    borne = {x.casefold() for x in tumour.antigens} if tumour else set()
    return [x for x in product.targets if x.casefold() not in borne] if borne else []


def unborne(product: Product, tumour: Tumour | None, entries: Mapping[str, Sequence[LibraryFile]]) -> list[str]:
    """What a reader should know where a product is against what the disease is not known to bear."""
    if tumour is None or not (lacks := lacking(product, tumour)):
        return []
    name, disease = (entries[part][-1].name for part in ("product", "tumour"))
    borne = listed(tumour.antigens)
    if len(lacks) < len(product.targets):
        return [
            f"the product '{name}' is against {' and '.join(product.targets)}, and '{disease}' is told apart by "
            f"{borne} alone: against {' and '.join(lacks)} it does nothing of its own here"
        ]
    return [
        f"the product '{name}' is against {' and '.join(lacks)}, and the numbers of '{disease}' are those of cells "
        f"with {borne}: what follows holds only if these cells bore {' and '.join(lacks)} just as they bear {borne}, "
        "which nothing here says; on cells without it the product would do nothing"
    ]


def between_two(stem: str) -> bool:
    """Whether a mechanism needs cells of a donor; one that is not there is told elsewhere."""
    from livingdrug import biology

    return stem in biology.stems() and biology.find(stem).between_two


def unanswered(product: Product, modules: Mapping[str, str]) -> list[str]:
    """What a reader should know where cells are a donor's, and nothing in the model makes that a difference."""
    if product.origin != "donor":
        return []
    missing = [x for x in library.names("mechanisms") if between_two(x) and x not in modules.values()]
    if not missing:
        return []
    written = ", ".join(f'modules.{x} = "{x}"' for x in missing)
    return [
        f"the cells are a donor's, and the model has no {' and no '.join(missing)}: in this they are as the patient's "
        f"own ({written} would choose it)"
    ]


def of_another_disease(comparator: Comparator, entries: Mapping[str, Sequence[LibraryFile]]) -> list[str]:
    """What a reader should know where a comparator was published of patients with another disease."""
    known = library.names("tumours")
    for name in comparator.tumours:
        if name not in known and (close := mistakable(name, known)):
            raise ScenarioError(f"no disease is called '{name}'", comparator.place("tumours"), nearest=close)
    disease = next((e.name for e in reversed(entries.get("tumour", ())) if e.name in known), None)
    if disease is None or not comparator.tumours or disease in comparator.tumours:
        return []
    return [
        f"the comparator '{entries['comparator'][-1].name}' was published of patients with "
        f"{listed(comparator.tumours)}, and those of this trial have '{disease}': "
        "nothing says that they would fare alike"
    ]


def without_cells(draft: Draft, modules: Mapping[str, str]) -> None:
    """ScenarioError for a word said together with a comparator that is about cells, doses or mechanisms which an arm
    without cells has not."""
    layer = draft.origins["comparator"][-1][0] if "comparator" in draft.origins else ""
    for path, told in draft.origins.items():
        head = next((x for x in (*NO_CELLS, *NO_DOSES) if path == x or path.startswith(f"{x}.")), None)
        said = next((place for own, _, place in reversed(told) if own == layer), None)
        if head is None or said is None or path.removeprefix("modules.") in modules:
            continue
        raise ScenarioError(
            f"'{path}' would change nothing: this arm has a comparator, and gets no cells and no doses",
            where=said,
            allowed=f"numbers and mechanisms of {listed(sorted(modules))}; patients, follow-up and visits",
            mend=f"leave {path} out, or the comparator",
        )


def _antigens(tumour: Tumour) -> None:
    """ScenarioError for an antigen in a user's list that is a misspelt one of the library's diseases or products."""
    if (place := tumour.place("antigens")).ours or not tumour.antigens:
        return
    files = [library.find(kind, name) for kind in ("tumours", "products") for name in library.names(kind)]
    known = {x for file in files if file.ours for x in file.data.get("antigens", ())}
    known |= {file.says(word) for file in files if file.ours for word in ("target", "second_target")} - {""}
    for antigen in tumour.antigens:
        if antigen not in known and (close := mistakable(antigen, known)):
            raise ScenarioError(f"no disease bears '{antigen}'", where=place, nearest=close)
