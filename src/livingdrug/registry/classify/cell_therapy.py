"""Is it a CAR cell therapy, of which cells, from whom: rules over the words of a study."""

from __future__ import annotations

import re
from dataclasses import replace

from livingdrug.registry.classify.passages import PRODUCT, Passage, Passages, spelled
from livingdrug.registry.classify.targets import NOT_STATED, Label
from livingdrug.registry.terms.patterns import may_name_car, rule, rules
from livingdrug.registry.terms.products import Product, named_in

CAR_THERAPY = "CAR cell therapy"
NO_CAR = Label("no CAR", "low", "no word of a CAR; silence proves nothing", "", "")

_CAR = rule("car")
_NOT_CAR = rule("not_car")
_ANOTHER_CAR = rule("another_car")
_CAR_CELLS = rule("car_cells")
_BARE_CAR = re.compile(r"(?<![\w.-])CARs?(?![\w.-])")
_HYPHENED_CAR = re.compile(r"\bCARs?(?:-[A-Za-z]\w*)?\b")
_CELL_CONTEXT = rule("cell_context")
_EFFECTOR = rule("effector")
_RETARGETED = rule("retargeted")
_ENGINEERED = rule("engineered")
_CELLULAR = rule("cellular")
_MADE_INSIDE = rule("made_inside")
_ANTIGEN_GIVEN = rule("antigen_given")
_OTHER_CELLS = rule("other_cells")
_CELL_NAME = rule("cell_name")
_CODE = rule("code")
_CELL_DOSE = rule("cell_dose")

_FOLLOW_UP = rule("follow_up")
_AROUND = rule("around")
_AROUND_AFTER = rule("around_after")
_FORMER = rule("former")
_BRIDGING = rule("bridging")
_OTHER = rules("other")
_CARRIERS = ("virus-specific T cells", "TIL")
"""kinds of cells that a CAR may be put in"""
_AFTER_OTHER = rule("after_other")
_DRUG = rule("drug")
_NO_CELLS_GIVEN = rule("no_cells_given")
_TOGETHER = rule("together")
_BISPECIFIC = rule("bispecific")
_COMPARED = rule("compared")
_CARE = rule("care")


def _first(pattern: re.Pattern[str], passages: tuple[Passage, ...]) -> Passage | None:
    return next((p for p in passages if pattern.search(p.text)), None)


def _car_words(text: str) -> bool:
    return may_name_car(f"{text} ") and bool(_CAR.search(_NOT_CAR.sub(" ", text)))


def _outside(text: str) -> str:
    """The text without the places where a CAR is only the setting: `after CAR-T`, `CAR-T recipients`."""
    return _AROUND_AFTER.sub(" ", _AROUND.sub(" ", text))


def without_another_car(words: Passages) -> Passages:
    """The words without CAR where a study spells it out as something else, as cortisol awakening response (CAR), or
    where nothing in it speaks of cells or an antigen: CAR-ICU, a CAR seat."""
    whole = " | ".join(p.text for p in words.passages if "CAR" in p.text)
    if whole and not any(_CELL_CONTEXT.search(p.text) for p in words.passages):
        return replace(words, passages=tuple(replace(p, text=_HYPHENED_CAR.sub(" ", p.text)) for p in words.passages))
    if not _ANOTHER_CAR.search(whole) or _CAR_CELLS.search(whole):
        return words
    return replace(words, passages=tuple(replace(p, text=_BARE_CAR.sub(" ", p.text)) for p in words.passages))


def _only_setting(text: str) -> bool:
    """Whether every CAR and every named product of a title is only the setting."""
    named = (text[max(0, begin - 80) : begin] for _, begin, _ in named_in(text))
    return not _car_words(_outside(text)) and all(_FORMER.search(b) or _BRIDGING.search(b) for b in named)


def _only_compared(text: str) -> bool:
    """Whether every CAR and every named product of a title stands behind `versus` or `compared with`."""
    text = _NOT_CAR.sub(" ", text)
    begins = [m.start() for m in _CAR.finditer(text)] + [begin for _, begin, _ in named_in(text)]
    return bool(begins) and all(_COMPARED.search(text[:begin]) for begin in begins)


def _compared_with(words: Passages) -> set[str]:
    """What only arms of comparison give, as its names are spelled, in a study whose other arms give something."""
    given: dict[bool, set[str]] = {True: set(), False: set()}
    for arm in words.study.arms:
        names = {spelled(name.partition(": ")[2] or name) for name in arm.interventions if name}
        given["COMPARATOR" in (arm.type or "")] |= names
    return given[True] - given[False] if given[False] else set()


def _none_named(given: tuple[Passage, ...]) -> bool:
    """Whether all that is given is named, and nothing of it may be cells."""
    signs = (_EFFECTOR, _CELL_NAME, _CODE, _CELL_DOSE)
    return bool(given) and not any(
        _car_words(p.text) or named_in(p.text) or any(sign.search(p.text) for sign in signs) for p in given
    )


def _quote(pattern: re.Pattern[str], passage: Passage) -> str:
    match = pattern.search(passage.text)
    begin = max(0, (match.start() if match else 0) - 80)
    return " ".join(passage.text[begin : begin + 240].split())


def _label(value: str, confidence: str, rule: str, passage: Passage, pattern: re.Pattern[str] = _CAR) -> Label:
    return Label(value, confidence, rule, passage.place, _quote(pattern, passage))


def _is_setting(car_given: Passage, car_title: Passage | None, names: str) -> bool:
    """Whether the CAR named among the interventions is only the setting: `radiotherapy before CAR-T`."""
    if not _DRUG.search(car_given.text):
        return False
    if _AROUND.search(car_given.text):
        return True
    if car_title is None or _TOGETHER.search(car_title.text) or not _DRUG.search(names):
        return False
    return bool(_AROUND.search(car_title.text) or _AROUND_AFTER.search(car_title.text))


def _all_without_cells(words: Passages) -> bool:
    """Whether all that is given is named, and is a drug, an examination or nothing at all."""
    given = words.of("intervention")
    without = (_DRUG, _NO_CELLS_GIVEN)
    return bool(given) and all(
        any(sign.search(p.text) for sign in without)
        and not _car_words(p.text)
        and not _EFFECTOR.search(p.text)
        and not named_in(p.text)
        for p in given
    )


def kind(words: Passages, products: list[tuple[Product, Passage]]) -> Label:
    """`CAR cell therapy`, or what the study is instead: long-term follow-up, care around CAR-T, TCR-T, TIL, ..."""
    title = words.of("title", "official title")
    compared = _compared_with(words)
    given = tuple(p for p in words.of("intervention", "other name") if p.text not in compared)
    product_in_given = next((p for _, p in products if p.place in ("intervention", "other name")), None)
    product_in_title = next((p for _, p in products if p.place in ("title", "official title")), None)
    car_given = product_in_given or next((p for p in given if _car_words(p.text)), None)
    car_title = product_in_title or next((p for p in title if _car_words(p.text)), None)
    car_in_arm = next((p for p in words.of("intervention description", "arm") if _car_words(p.text)), None)
    car_in_text = next(
        (p for p in words.of("keyword", "summary", "description", "outcome") if _car_words(p.text)), None
    )
    any_car = car_given or car_title or car_in_arm or car_in_text
    names = words.joined("intervention")
    observational = (words.study.study_type or "").upper() == "OBSERVATIONAL"

    follow_up = _first(_FOLLOW_UP, title)
    if follow_up and (any_car or _CELL_NAME.search(follow_up.text)):
        return _label("long-term follow-up", "high", "title speaks of follow-up", follow_up, _FOLLOW_UP)
    for other, pattern in _OTHER:
        hit = _first(pattern, (*title, *given))
        if other == "TCR-T" and not _CELLULAR.search(words.joined(*PRODUCT, "summary")):
            continue  # a short form of something else
        if (
            hit
            and other in _CARRIERS
            and (_first(_RETARGETED, (*title, *given)) or (car_in_arm and _car_words(_outside(car_in_arm.text))))
        ):
            continue  # virus-specific or infiltrating cells that carry a CAR
        if hit and not car_given and not (car_title and not pattern.search(car_title.text)):
            return _label(other, "high", f"{other} is what is given", hit, pattern)
    if car_given:
        if observational:
            return _label("observational", "high", "study type is observational", car_given)
        if _is_setting(car_given, car_title, names) and not product_in_given:
            return _label("care around CAR-T", "medium", "CAR is the setting, something else is given", car_given)
        return _label(CAR_THERAPY, "high", "named product" if product_in_given else "CAR in what is given", car_given)
    if car_title:
        around = _only_setting(car_title.text)
        if observational:
            return _label("observational", "high", "study type is observational", car_title)
        if _none_named(given) and all(_only_compared(p.text) for p in title if _car_words(p.text) or named_in(p.text)):
            return _label("care around CAR-T", "medium", "CAR is what is compared with", car_title)
        if not car_in_arm and _CARE.search(car_title.text) and _none_named(given):
            return _label("care around CAR-T", "medium", "care with CAR-T is what is given", car_title)
        if around and (not car_in_arm or _DRUG.search(names)):
            return _label("care around CAR-T", "high", "CAR is the setting, something else is given", car_title)
        if not car_in_arm and not _TOGETHER.search(car_title.text) and _all_without_cells(words):
            return _label("care around CAR-T", "medium", "nothing that is given holds cells", car_title)
        if _BISPECIFIC.search(names) and _DRUG.search(names) and not car_in_arm:
            return _label("bispecific antibody", "high", "an antibody is what is given", car_title, _BISPECIFIC)
        return _label(CAR_THERAPY, "high", "CAR in the title", car_title)
    if observational:
        where = any_car or (title[0] if title else Passage("title", ""))
        return _label("observational" if any_car else "no CAR", "high", "study type is observational", where)
    hit = _first(_BISPECIFIC, (*given, *words.of("title")))
    if hit and not _AFTER_OTHER.search(_quote(_BISPECIFIC, hit)):
        return _label("bispecific antibody", "high", "an antibody is what is given", hit, _BISPECIFIC)
    cellular = _first(_ENGINEERED, (*title, *given)) or _first(_CELL_NAME, given)
    only_drugs = bool(names) and all(
        _DRUG.search(p.text) and not _EFFECTOR.search(p.text) for p in words.of("intervention")
    )
    if car_in_arm and not (only_drugs or _AROUND.search(car_in_arm.text)):
        return _label(CAR_THERAPY, "high", "CAR in the arm or its description", car_in_arm)
    if car_in_text:
        quoted = _quote(_CAR, car_in_text)
        around = bool(_AROUND.search(quoted) or _AROUND_AFTER.search(quoted))
        if car_in_text.place == "outcome" and not cellular and not _CODE.search(names):
            return NO_CAR  # a thing measured is not a thing given
        if (cellular or not around) and not only_drugs:
            return _label(CAR_THERAPY, "high" if cellular else "medium", "CAR in the description", car_in_text)
        return _label("care around CAR-T", "medium", "CAR is only the setting", car_in_text)
    engineered = _first(_ENGINEERED, (*title, *given, *words.of("intervention description", "arm", "summary")))
    if engineered and not only_drugs and not _OTHER_CELLS.search(_quote(_ENGINEERED, engineered)):
        return _label(CAR_THERAPY, "low", "engineered cells, CAR not named", engineered, _ENGINEERED)
    inside = _first(_MADE_INSIDE, (*title, *given))
    if inside and _ANTIGEN_GIVEN.search(words.joined("title", "intervention")):
        return _label(CAR_THERAPY, "low", "a vector given in vivo against an antigen", inside, _MADE_INSIDE)
    return _unnamed_cells(words) or NO_CAR


_CANCER = rule("cancer")
_RELAPSED = rule("relapsed")
_BLOOD = rule("blood")
_EARLY = rule("early")
_NOT_CELLS = rule("not_cells")
_NEUROTOXICITY = rule("neurotoxicity")


def _unnamed_cells(words: Passages) -> Label | None:
    """A coded product that behaves like CAR cells although no word names them: low confidence, or None."""
    coded = next(
        (p for p in words.of("intervention", "title") if _CODE.search(p.text) and not _DRUG.search(p.text)), None
    )
    if coded is None or _NOT_CELLS.search(
        words.joined(
            "title", "intervention", "other name", "official title", "intervention description", "arm", "summary"
        )
    ):
        return None
    texts = words.of("title", "intervention", "official title", "intervention description", "arm", "summary", "outcome")
    cells = _first(_CELL_DOSE, texts)
    if cells and _CANCER.search(words.joined("title", "official title", "condition", "summary")):
        return _label(CAR_THERAPY, "low", "coded product dosed or measured as cells, CAR not named", cells, _CELL_DOSE)
    setting = words.joined("title", "official title", "summary")
    if _RELAPSED.search(setting) and _BLOOD.search(setting):
        if early := _first(_EARLY, words.of("title", "official title", "summary")):
            return _label(
                CAR_THERAPY,
                "low",
                "coded product of investigators in relapsed blood cancer, CAR not named",
                early,
                _EARLY,
            )
        if toxicity := _first(_NEUROTOXICITY, words.of("outcome")):
            return _label(
                CAR_THERAPY, "low", "coded product watched for ICANS, no antibody named", toxicity, _NEUROTOXICITY
            )
    return None


_PLATFORM = rules("platform")
_NOT_PLATFORM = rule("not_platform")


def _of_the_car(words: Passages, *places: str) -> tuple[Passage, ...]:
    """The passages that speak of the cells: where several things are given, those that name a CAR, if any does."""
    passages = words.of(*places)
    naming = tuple(p for p in passages if _car_words(p.text)) if len(words.study.interventions) > 1 else ()
    return naming or passages


def _beside_car_t(text: str) -> bool:
    """Whether NK cells stand beside CAR-T, not with a CAR of their own: `CAR-T with NK cells`."""
    return bool(_NAMED_CAR_T.search(text)) and not _NAMED_CAR_NK.search(text)


_NAMED_CAR_T = re.compile(r"\b\w*CAR[- ]?T\b|\bCAR(?:\W+\w+)? T[- ]?cells?\b")
_NAMED_CAR_NK = re.compile(r"(?i)CAR\W{0,2}(?:\w+[-. ])?(?:i?NK\b|natural killer)|NK\W{0,3}CAR\b")


def platform(words: Passages, products: list[tuple[Product, Passage]]) -> Label:
    """Which cells carry the CAR: CAR-T unless the words say NK, gamma-delta T, Treg, macrophage, ..."""
    cells = {"NK": "CAR-NK", "gamma-delta T": "CAR-gamma-delta-T", "Treg": "CAR-Treg", "macrophage": "CAR-macrophage"}
    for product, passage in products:
        for word, name in cells.items():
            if product.cells.endswith(word):
                return Label(name, product.confidence("cells"), "named product", passage.place, product.row("cells"))
        if product.cells.endswith(" T"):
            return Label("CAR-T", product.confidence("cells"), "named product", passage.place, product.row("cells"))
    for passage in _of_the_car(words, "title", "intervention", "other name", "official title"):
        text = _NOT_PLATFORM.sub(" ", passage.text)
        for name, pattern in _PLATFORM:
            if pattern.search(text) and not (name == "CAR-NK" and _beside_car_t(text)):
                return _label(name, "high", "words of the product", passage, pattern)
    for passage in _of_the_car(words, "intervention description", "arm", "summary"):
        text = _NOT_PLATFORM.sub(" ", passage.text)
        if not re.search(r"(?i)CAR-?T\b|CAR T|CART|\bT[- ]cells?\b|T lymphocyt", words.joined(*PRODUCT)):
            for name, pattern in _PLATFORM[:5]:
                if pattern.search(text):
                    return _label(name, "medium", "words of the description", passage, pattern)
    return Label(
        "CAR-T", "high" if _first(_CAR, words.passages) else "low", "T cells unless another cell is named", "", ""
    )


_IN_VIVO = rule("in_vivo")
_ALLOGENEIC = rule("allogeneic")
_AUTOLOGOUS = rule("autologous")
_COLLECTED = rule("collected")
_ASKED = rule("own_cells_asked")
_EITHER = rule("either_source")
_EXCLUSION = re.compile(r"(?i)exclusion criteria")


def source(words: Passages, products: list[tuple[Product, Passage]]) -> Label:
    """Whose cells: autologous, allogeneic, in vivo, both, not stated; `inferred` where only the setting suggests it."""
    for passage in words.of(*PRODUCT, "intervention description"):
        if _IN_VIVO.search(passage.text):
            return _label("in vivo", "high", "words of the product", passage, _IN_VIVO)
    named = words.of("title", "intervention")
    stated, own = _first(_ALLOGENEIC, named), _first(_AUTOLOGOUS, named)
    if stated and not own:  # the record's own words before the product table
        return _label("allogeneic", "high", "stated", stated, _ALLOGENEIC)
    for product, passage in products:
        value = product.cells.split(" ")[0] if not product.cells.startswith("in vivo") else "in vivo"
        if value in ("autologous", "allogeneic", "in vivo"):
            return Label(value, product.confidence("cells"), "named product", passage.place, product.row("cells"))
    for places, confidence in (
        (PRODUCT, "high"),
        (("intervention description", "summary"), "high"),
        (("description", "outcome"), "medium"),
    ):
        passages = words.of(*places)
        allogeneic, autologous = _first(_ALLOGENEIC, passages), _first(_AUTOLOGOUS, passages)
        if allogeneic and autologous:
            if _EITHER.search(words.joined(*places)):
                return _label("autologous or allogeneic", confidence, "both stated", autologous, _AUTOLOGOUS)
            return _label(
                "autologous", "medium", "both words occur; the product's own cells first", autologous, _AUTOLOGOUS
            )
        if allogeneic:
            return _label("allogeneic", confidence, "stated", allogeneic, _ALLOGENEIC)
        if autologous:
            return _label("autologous", confidence, "stated", autologous, _AUTOLOGOUS)
    in_vivo = _first(_IN_VIVO, words.of("summary", "description"))
    if in_vivo:
        return _label("in vivo", "medium", "stated in the description", in_vivo, _IN_VIVO)
    for passage in words.of("eligibility"):
        asked = replace(passage, text=_EXCLUSION.split(passage.text)[0])
        if _ASKED.search(asked.text):
            return _label("autologous", "medium", "the patient's own cells are asked for", asked, _ASKED)
        if _COLLECTED.search(passage.text):
            return _label("autologous", "inferred", "cells are collected from the patient", passage, _COLLECTED)
    collected = _first(
        _COLLECTED, words.of("arm", "intervention", "intervention description", "summary", "description")
    )
    if collected:
        return _label("autologous", "inferred", "cells are collected from the patient", collected, _COLLECTED)
    if platform(words, products).value == "CAR-T":
        return Label("autologous", "inferred", "not stated; most CAR-T cells are the patient's own", "", "")
    return NOT_STATED
