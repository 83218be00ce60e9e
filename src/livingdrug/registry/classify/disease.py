"""Which diseases a study is about, in a tree of three levels: branch, group, disease."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from livingdrug.registry.classify.passages import Passages
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


@lru_cache
def _finder() -> tuple[Finder, dict[str, Place]]:
    by_name: dict[str, Place] = {}
    forms: list[tuple[str, str]] = []

    def add(place: Place, words: list[str]) -> None:
        number = str(len(by_name))
        by_name[number] = place
        forms.extend((word, number) for word in words)

    for branch in library("diseases")["branch"]:
        for group in branch.get("group", ()):
            for disease in group.get("disease", ()):
                add(
                    Place(branch["name"], group["name"], disease["name"]),
                    [disease["name"], *disease.get("also", ()), *disease.get("includes", ())],
                )
            add(Place(branch["name"], group["name"], ""), group.get("any", []))
        add(Place(branch["name"], "", ""), branch.get("any", []))
    return Finder(forms), by_name


@lru_cache(maxsize=100_000)
def places_in(text: str) -> tuple[Place, ...]:
    """The diseases a text names, in the order it names them."""
    finder, by_name = _finder()
    found = [(by_name[number], text[begin:end]) for number, begin, end in finder.find(text)]
    if any(_bare_organ(place, written) for place, written in found) and not _CANCER.search(text):
        found = [(place, written) for place, written in found if not _bare_organ(place, written)]
    return tuple(dict.fromkeys(place for place, _ in found))


_CANCER = re.compile(r"(?i)cancer|tumou?r|carcinoma|malignan|neoplas|sarcoma|glioma|melanoma|metasta|blastoma")


def _bare_organ(place: Place, written: str) -> bool:
    """Whether only the organ of a solid tumour is named: pancreatic beta cells are no cancer."""
    return place.branch == "Solid tumour" and key(written) == key(place.disease)


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
    title = [p for passage in words.of("title") for p in places_in(passage.text)]
    stated = [p for passage in words.of("condition") for p in places_in(passage.text)]
    found, evidence = [*title, *stated], words.joined("title", "condition")
    if not found:
        for place in ("official title", "keyword", "arm", "summary", "eligibility"):
            found = [p for passage in words.of(place) for p in places_in(passage.text[:3000])]
            if found:
                evidence = words.joined(place)
                break
        else:
            return None
    kept = _narrowed(list(dict.fromkeys(found)))
    return Diseases(tuple(kept), _main(kept, _narrowed(list(dict.fromkeys(title)))), evidence[:300])


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
