"""Which antigen a CAR is made to recognise, and the words that say so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from livingdrug.registry.classify.passages import Passage, Passages, without_codes
from livingdrug.registry.terms.patterns import rule
from livingdrug.registry.terms.products import Product
from livingdrug.registry.terms.synonyms import Finder, library


@dataclass(frozen=True)
class Label:
    """One answer about a study: the value, why we believe it, and how firmly."""

    value: str
    confidence: str
    """high, medium, low or inferred"""
    rule: str
    """the rule that gave it: named product, title, sentence, ..."""
    place: str
    """where in the record the evidence stands"""
    evidence: str
    """the sentence, or the row of the product table"""

    @property
    def told(self) -> str:
        """The value, and whether it is only inferred: `autologous (inferred)`."""
        return f"{self.value} (inferred)" if self.confidence == "inferred" else self.value


NOT_STATED = Label("not stated", "low", "nothing said", "", "")

_BARE = r"(?:19|20|22|30|33|37|38|45|70|84|123|133|138|276|5|7)"
_CART_NUMBER = re.compile(
    rf"(?<=CAR)(?<!-CAR)-?T?[- .]?({_BARE}(?:[.x/]{_BARE}(?!\d))*)(?!\d|\.\d|[%^])(?!\s?(?:cells|patients|days|x))",
    re.IGNORECASE,
)
_NUMBER_CAR = re.compile(rf"(?<![\w./^-])(?<!10 )({_BARE})(?:[/x-]({_BARE}))?[ -]?(?=CARs?(?![a-z]))")
_CLAUDINS = re.compile(r"((?:Claudin|CLDN)[ -]?18\.2)/6(?![\d.])", re.IGNORECASE)
_CHAIN = re.compile(
    r"(CD\d{1,3}[a-z]?)((?:(?:\s?(?:/|x|-|&|\+|and)\s?(?:CD)?|CD)\d{2,3}[ab]?(?![\d%a-zA-Z]))+)", re.IGNORECASE
)
_LISTED_BEFORE = re.compile(r"\s*[,/]\s*$")
_LISTED_AFTER = re.compile(r"\s*(?:[,/]|,? (?:and/or|and|or))\s*(?:and |or )?")
_NOT_TARGET = rule("not_target")
_FORMER = rule("former")
_AIM = rule("aim")
_AIMED = rule("aimed")
_PURPOSE = rule("purpose")
_PURPOSED = rule("purposed")
_SEVERAL = rule("several")
_MOST_IN_ELIGIBILITY = 2
"""more antigens than this in the eligibility text are a list to choose from, not the target"""
_CAR = rule("car_or_cell")
_NAMES_CAR = rule("car")
_DEMAND = rule("demand")
_DEMANDED = rule("demanded")
_POSITIVE = rule("positive")


@lru_cache
def _rows() -> dict[str, dict]:
    return {row["name"]: row for row in library("antigens")["antigen"]}


@lru_cache
def _finder() -> Finder:
    forms = [
        (f, row["name"]) for row in _rows().values() for f in (row["name"], *row["also"], *row.get("recalled", ()))
    ]
    return Finder(forms)


def antigens() -> tuple[str, ...]:
    """The antigens the library knows, by their name in the field."""
    return tuple(_rows())


def variant_of(antigen: str) -> str | None:
    """The antigen that another is a variant of: EGFRvIII of EGFR."""
    return _rows().get(antigen, {}).get("variant_of")


def _written_out(text: str) -> str:
    """The text with short forms written out: CART19 as CAR CD19, 19/22 CAR as CD19/CD22 CAR, CD19/22 as CD19/CD22."""

    def chain(match: re.Match[str]) -> str:
        first, rest = match.groups()
        known = [n for n in re.findall(r"\d+[ab]?", rest) if f"CD{n}" in _rows()]
        return " / ".join([first, *(f"CD{n}" for n in known)]) + " " if known else match[0]

    text = _CART_NUMBER.sub(lambda m: "".join(f" CD{n} " for n in re.findall(r"\d+", m[1])), text)
    text = _CLAUDINS.sub(r"\1/Claudin 6", text)
    text = _NUMBER_CAR.sub(lambda m: " ".join(f"CD{n}" for n in m.groups() if n) + " ", text)
    return _CHAIN.sub(chain, text)


def _sentence(text: str, begin: int, end: int) -> str:
    left = max(text.rfind(mark, 0, begin) for mark in (". ", "\n", " | ", "; "))
    right = min((p for mark in (". ", "\n", " | ", "; ") if (p := text.find(mark, end)) >= 0), default=len(text))
    return " ".join(text[left + 1 : right].strip(" .;|*").split())[:300]


@dataclass(frozen=True)
class _Mention:
    """An antigen where a passage names it."""

    antigen: str
    sentence: str
    of_patients: bool
    """the words say whose tumour carries it, not what the cells aim at: `mesothelin-positive`"""


def _mentions(passage: Passage, how: str) -> list[_Mention]:
    """The antigens of a passage that are `named`, called a target (`aimed`), asked of the tumour (`demanded`), or named
    in a code at best (`coded`)."""
    written = _written_out(passage.text if how == "coded" else without_codes(passage.text))
    text = _NOT_TARGET.sub(lambda m: " " * len(m[0]), written)
    found, wary = [], []
    spans: list[tuple[int, int]] = []
    for name, begin, end in _finder().find(text):
        before, after = text[max(0, begin - 80) : begin], text[end : end + 40]
        sentence = passage.text if len(passage.text) <= 300 else _sentence(written, begin, end)
        if _rows()[name].get("wary"):
            meant = bool(_PURPOSE.search(before) or _PURPOSED.match(after))
        elif how == "demanded":
            meant = bool(_DEMAND.search(before) or _DEMANDED.match(after))
        else:
            meant = how in ("named", "coded") or bool(_AIM.search(before) or _AIMED.match(after))
        if how == "aimed" and not _CAR.search(sentence):
            continue
        if _FORMER.search(before) and passage.place not in ("intervention", "other name"):
            continue
        of_patients = bool(_POSITIVE.match(after)) and not _PURPOSE.search(before)
        if meant:
            found.append(_Mention(name, sentence, of_patients))
            spans.append((begin, end))
        else:
            wary.append((_Mention(name, sentence, of_patients), begin, end))
    if passage.place in ("title", "intervention", "other name", "official title"):
        listed = {b: a for a, b in spans} | {a: b for a, b in spans}
        for mention, begin, end in wary:
            left, right = _LISTED_BEFORE.search(text[:begin]), _LISTED_AFTER.match(text, end)
            if left and right and left.start() in listed and right.end() in listed:
                found.append(mention)  # one among antigens that are targeted
    return found


# Places by their say: the first that names antigens is believed, unless it speaks of several and names one;
# interventions that name a CAR are read beside the title.
_TIERS = (
    (("title",), "named", "high"),
    (("intervention", "other name"), "named", "high"),
    (("official title",), "named", "high"),
    (("intervention description", "arm"), "named", "high"),
    (("keyword",), "named", "high"),
    (("summary",), "aimed", "medium"),
    (("description", "outcome"), "aimed", "medium"),
    (("summary", "condition"), "named", "low"),
    (("eligibility",), "aimed", "low"),
    (("eligibility",), "demanded", "low"),
    (("intervention", "other name"), "coded", "low"),
)


def targets(words: Passages, products: list[tuple[Product, Passage]]) -> tuple[Label, ...]:
    """The antigens a study's CAR recognises, the first named first; empty when none is stated."""
    found: dict[str, Label] = {}
    for product, passage in products:
        for antigen in product.targets:
            found.setdefault(
                antigen,
                Label(antigen, product.confidence("target"), "named product", passage.place, product.row("target")),
            )
    several = False
    for places, how, confidence in _TIERS:
        passages = words.of(*places)
        if places[0] == "eligibility":
            passages = tuple(Passage(p.place, re.split(r"(?i)exclusion criteria", p.text)[0]) for p in passages)
        if found and places[0] != "title" and not (several and len(found) < 2):
            passages = tuple(p for p in passages if p.place == "intervention" and _NAMES_CAR.search(p.text))
            if not passages:
                break
        fresh: dict[str, Label] = {}
        of_patients: dict[str, Label] = {}
        for passage in passages:
            several = several or (passage.place in ("title", "intervention") and bool(_SEVERAL.search(passage.text)))
            for mention in _mentions(passage, how):
                label = Label(mention.antigen, confidence, "named antigen", passage.place, mention.sentence)
                (of_patients if mention.of_patients else fresh).setdefault(mention.antigen, label)
        if not (found or fresh):
            fresh = of_patients
        if places[0] != "eligibility" or len(fresh) <= _MOST_IN_ELIGIBILITY:
            found = {**fresh, **found}
    for antigen in list(found):
        receptors = _rows().get(antigen, {}).get("receptors", ())
        if receptors and set(found) - {
            antigen,
            *receptors,
        }:  # beside another antigen a ligand's name is short for its own receptor
            receptors = receptors[:1]
        for receptor in receptors:
            found.setdefault(
                receptor, replace(found[antigen], value=receptor, rule=f"{antigen} is the ligand it binds")
            )
        if "receptors" in _rows().get(antigen, {}):
            del found[antigen]
    for antigen in list(found):
        if (whole := variant_of(antigen)) and whole in found:
            del found[whole]
    return tuple(found.values())
