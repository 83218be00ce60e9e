"""Which diseases a study is about, in a tree of three levels: branch, group, disease."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from livingdrug.registry.classify.passages import Passages, without_codes
from livingdrug.registry.terms.synonyms import Finder, key, library

SEVERAL = "Several"
"""The group of a study that spans groups, and the branch of one that spans branches."""


@dataclass(frozen=True)
class Place:
    """A place in the tree; `disease` is empty where only the group or branch is named."""

    branch: str
    group: str
    disease: str

    @property
    def name(self) -> str:
        """The most exact name known."""
        return self.disease or self.group or self.branch

    def within(self, name: str) -> bool:
        """Whether the place is, or lies under, the branch, group or disease of that name."""
        return name in (self.branch, self.group, self.disease)


@dataclass(frozen=True)
class Diseases:
    """The diseases of one study."""

    places: tuple[Place, ...]
    main: Place
    """the one the study is labelled with; its group is `Several` where groups differ"""
    evidence: str


@lru_cache
def tree() -> tuple[Place, ...]:
    """Every place of the tree, in library order."""
    places = []
    for branch in library("diseases")["branch"]:
        places.append(Place(branch["name"], "", ""))
        for group in branch.get("group", ()):
            places.append(Place(branch["name"], group["name"], ""))
            places += [Place(branch["name"], group["name"], d["name"]) for d in group.get("disease", ())]
    return tuple(places)


@dataclass(frozen=True)
class _Short:
    """A form that means other things too, and the words that tell which is meant."""

    place: Place
    beside: re.Pattern[str]
    unless: re.Pattern[str] | None
    only_beside: bool

    def meant(self, alone: bool, around: str) -> bool:
        """Whether the words around it, or their absence, say that the form names this place."""
        if self.unless and self.unless.search(around):
            return False
        if self.beside.search(around):
            return True
        return not self.only_beside and (alone or self.place.branch in _branches_in(around))


def _rows() -> Iterator[tuple[Place, dict[str, Any], list[str]]]:
    """Every place with its row of the library and the names it goes by."""
    for branch in library("diseases")["branch"]:
        for group in branch.get("group", ()):
            for disease in group.get("disease", ()):
                names = [disease["name"], *disease.get("also", ()), *disease.get("includes", ())]
                yield Place(branch["name"], group["name"], disease["name"]), disease, names
            yield Place(branch["name"], group["name"], ""), group, group.get("any", [])
        yield Place(branch["name"], "", ""), branch, branch.get("any", [])


@lru_cache
def _finder() -> tuple[Finder, dict[str, Place]]:
    by_name: dict[str, Place] = {}
    forms: list[tuple[str, str]] = []
    short = _short()[1]
    for place, _, names in _rows():
        number = str(len(by_name))
        by_name[number] = place
        forms.extend((word, number) for word in names if word not in short)
    return Finder(forms), by_name


@lru_cache
def _short() -> tuple[re.Pattern[str], dict[str, list[_Short]]]:
    """Where any short form stands, and what each may mean."""
    meanings: dict[str, list[_Short]] = {}
    for place, row, _ in _rows():
        beside = re.compile("|".join(row.get("beside", ())), re.IGNORECASE)
        unless = re.compile("|".join(row["unless"]), re.IGNORECASE) if row.get("unless") else None
        for kind in ("short", "only_beside"):
            for form in row.get(kind, ()):
                meanings.setdefault(form, []).append(_Short(place, beside, unless, kind == "only_beside"))
    forms = "|".join(sorted(map(re.escape, meanings), key=len, reverse=True))
    first = "".join(sorted({form[0] for form in meanings}))  # tried first: most words begin with none of them
    return re.compile(rf"\b(?=[{first}])(?<![.-])(?<!\d )(?:{forms})(?![\w]|[\s-]?\d|\+)"), meanings


def _short_in(text: str, around: str) -> list[tuple[Place, int, int]]:
    """The places that short forms name, by what stands around them."""
    where, meanings = _short()
    found = []
    for match in where.finditer(text):
        alone = not re.search(r"\w", text[: match.start()] + text[match.end() :])
        found += [(m.place, *match.span()) for m in meanings[match[0]] if m.meant(alone, around)]
    return found


@lru_cache(maxsize=1000)
def _branches_in(text: str) -> frozenset[str]:
    """The branches that a text names in full."""
    finder, by_name = _finder()
    return frozenset(by_name[number].branch for number, _, _ in finder.find(text))


def places_in(text: str, around: str = "") -> tuple[Place, ...]:
    """The diseases a text names, in the order it names them; `around` tells what short forms such as MS mean."""
    return _places_in(text, (around or text) if _short()[0].search(text) else "")


_CAR_T = re.compile(r"\b(CAR[\s-]*)T(?=[\s-]*cells?\b)", re.IGNORECASE)
"""The T of CAR-T cells: "CAR-T cells, lymphoma" is no T-cell lymphoma"""


@lru_cache(maxsize=100_000)
def _places_in(text: str, around: str) -> tuple[Place, ...]:
    finder, by_name = _finder()
    text = _CAR_T.sub(r"\1_", text)
    spans = [(by_name[number], begin, end) for number, begin, end in finder.find(text)]
    if around:
        taken = [(b, e) for _, b, e in spans]
        spans += [s for s in _short_in(text, around) if not any(b < s[2] and s[1] < e for b, e in taken)]
        spans.sort(key=lambda span: span[1])
    found = [(place, text[begin:end]) for place, begin, end in spans]
    if any(_bare_organ(place, written) for place, written in found) and not _CANCER.search(text):
        found = [(place, written) for place, written in found if not _bare_organ(place, written)]
    return tuple(dict.fromkeys(place for place, _ in found))


_HEAD = re.compile(
    r"(?:leuka?emia|lymphoma|carcinoma|adenocarcinoma|neoplasms?|sarcoma|diabetes mellitus|lupus|arthritis|scleroderma"
    r"|sclerosis|ana?emia|purpura|thrombocytopenia|nephritis|glomerulonephritis|encephalitis|syndrome|hepatitis"
    r"|colitis),",
    re.IGNORECASE,
)


def _turned(text: str) -> str:
    """An inverted heading in its plain order: `Leukemia, Myeloid, Acute` as `Acute Myeloid Leukemia`."""
    parts = [part.strip() for part in text.split(",")]
    if not _HEAD.match(text) or len(_HEAD.findall(f"{text},")) > 1 or any(len(p.split()) > 4 for p in parts):
        return ""
    return " ".join(reversed(parts))


def _stated_in(text: str, around: str) -> tuple[Place, ...]:
    """The diseases a condition names, inverted headings read in both orders where that is more exact."""
    found = places_in(text, around)
    if any(place.disease for place in found) or not (turned := _turned(text)):
        return found
    return tuple(p for p in places_in(turned, around) if p.disease or p not in found) or found


_CANCER = re.compile(r"(?i)cancer|tumou?r|carcinoma|malignan|neoplas|sarcoma|glioma|melanoma|metasta|blastoma")


def _bare_organ(place: Place, written: str) -> bool:
    """Whether only the organ of a solid tumour is named: pancreatic beta cells are no cancer; a meningioma is one."""
    return place.branch == "Solid tumour" and key(written) == key(place.disease) and not _TUMOUR.search(place.disease)


_TUMOUR = re.compile(r"oma$|^[A-Z]+$")
"""Names of diseases that name a tumour and no organ: Mesothelioma, NSCLC"""


def _narrowed(found: list[Place]) -> list[Place]:
    """Without the general words that a more exact disease of the same branch or group explains."""
    general_groups = {"Blood cancer, several", "Solid tumour, any"}
    exact = [p for p in found if p.group and p.group not in general_groups]
    branches = {p.branch for p in exact}
    kept = [p for p in found if p in exact or p.branch not in branches]
    if any(p.group for p in kept):
        kept = [p for p in kept if p.group]
    groups = {p.group for p in kept if p.disease}
    return [p for p in kept if p.disease or p.group not in groups]


@lru_cache
def _rank() -> dict[Place, int]:
    return {place: n for n, place in enumerate(tree())}


def diseases(words: Passages) -> Diseases | None:
    """The diseases of a study by its conditions and title (summary and eligibility only when those are silent)."""
    around = words.joined("title", "official title", "condition", "keyword", "summary")
    title = [p for passage in words.of("title") for p in places_in(without_codes(passage.text), around)]
    stated = [p for passage in words.of("condition") for p in _stated_in(passage.text, around)]
    found, evidence = [*title, *stated], words.joined("title", "condition")
    if not found:
        for place in ("official title", "keyword", "arm", "summary", "eligibility"):
            texts = [_EXCLUSION.split(passage.text[:3000])[0] for passage in words.of(place)]
            found = [p for text in texts for p in places_in(without_codes(text), around)]
            if found:
                evidence = words.joined(place)
                break
        else:
            return None
    kept = _narrowed(list(dict.fromkeys(found)))
    return Diseases(tuple(kept), _main(kept, _narrowed(list(dict.fromkeys(title)))), evidence[:300])


_EXCLUSION = re.compile(r"(?i)exclusion criteria")


def _main(kept: list[Place], title: list[Place]) -> Place:
    """One label for a study: the disease its title names, else the first in the tree; `Several` across groups."""
    childhood = [p for p in kept if p.group == "Childhood solid tumour"]
    if any(not p.disease for p in childhood) or len(childhood) > 1:
        return Place("Solid tumour", "Childhood solid tumour", "")
    groups = {p.group for p in kept}
    named = [
        p for p in title if p.group in groups and p.group not in ("", "Blood cancer, several", "Solid tumour, any")
    ]
    titled = {p.group for p in named}
    if len(groups) > 1 and len(titled) != 1:
        branches = {p.branch for p in kept}
        return Place(branches.pop() if len(branches) == 1 else SEVERAL, SEVERAL, "")
    if len(named) == 1 and named[0].disease:
        return named[0]
    pool = [p for p in kept if p.group in titled] if len(groups) > 1 else kept
    return min(pool, key=lambda p: (not p.disease, _rank()[p]))
