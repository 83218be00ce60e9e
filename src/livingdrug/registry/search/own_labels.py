"""Labels corrected by you: `target=CD19 why="..."`, in place of what the rules say, and shown as yours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date

from livingdrug.errors import nearest
from livingdrug.registry.classify.cell_therapy import CAR_THERAPY
from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.classify.disease import Diseases, Place, tree
from livingdrug.registry.classify.targets import Label
from livingdrug.registry.errors import RegistryError, reading
from livingdrug.registry.mirror.own import OwnLabel, read_own, write_own
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import Study
from livingdrug.registry.search import request
from livingdrug.registry.terms.products import products
from livingdrug.registry.terms.synonyms import meaning

YOURS = "yours"
"""The confidence of a label that you gave"""

QUESTIONS = ("kind", "target", "disease", "cells", "product", "costimulation", "generation", "sponsor")
"""What may be corrected"""


def set_label(store: Store, study: str, words: Iterable[str], today: str = "") -> dict[str, OwnLabel]:
    """Keeps corrections of one study, `target=CD19+CD22`, with a `why=`; what it holds now by question.

    RegistryError for a question or a value that is not known, with the nearest, and where no reason is given.
    """
    said, why = _parsed(words)
    found, _ = store.present(study)
    own = read_own(store)
    day = today or date.today().isoformat()
    kept = own.labels.setdefault(found, {})
    for question, text in said.items():
        kept[question] = OwnLabel(_values(question, text), why, day)
    write_own(store, own)
    return kept


def remove_label(store: Store, study: str, question: str = "") -> tuple[str, ...]:
    """Takes back your labels of a study, or one of them; the questions that the rules answer again."""
    found, _ = store.present(study)
    own = read_own(store)
    kept = own.labels.get(found, {})
    if not kept or (question and question not in kept):
        raise RegistryError(
            f"{found} has no label of yours{f' for {question}' if question else ''}",
            allowed=sorted(kept) or "nothing",
            given=question or None,
        )
    gone = (question,) if question else tuple(kept)
    for name in gone:
        del kept[name]
    if not kept:
        del own.labels[found]
    write_own(store, own)
    return gone


def _parsed(words: Iterable[str]) -> tuple[dict[str, str], str]:
    """`target=CD19 why=...` as question -> text, and the reason."""
    said: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip().lower()
        if not equals or not value.strip() or name not in (*QUESTIONS, "why"):
            raise RegistryError(
                f"'{word}' corrects no label",
                allowed=", ".join(f"{q}=..." for q in (*QUESTIONS, "why")),
                nearest=nearest(name, (*QUESTIONS, "why")),
                mend='for instance: livingdrug trials label NCT02435849 target=CD19 why="the abstract says so"',
            )
        said[name] = value.strip()
    why = said.pop("why", "")
    if not why or not said:
        raise RegistryError(
            "a correction needs a label and a reason" if not said else "a correction needs a reason",
            allowed='target=CD19 why="where it was read"',
        )
    return said, why


def _values(question: str, text: str) -> tuple[str, ...]:
    """The values of a correction in the library's words."""
    named = {
        "kind": lambda t: request.one_of(t, request.KINDS, "kind", "kind"),
        "target": request.antigen,
        "disease": lambda t: request.disease(t, []),
        "cells": lambda t: request.one_of(t, request.CELLS[:4], "kind of cells", "cells"),
        "product": _product,
        "costimulation": lambda t: request.one_of(t, request.COSTIMULATION, "costimulatory domain", "costimulation"),
        "generation": lambda t: request.one_of(t, request.GENERATIONS, "generation", "generation", request.ORDINALS),
        "sponsor": lambda t: request.one_of(t, request.SPONSORS, "type of sponsor", "sponsor"),
    }[question]
    if question in ("target", "disease", "product", "costimulation"):
        try:
            return (named(text),)
        except RegistryError:
            if "+" not in text:
                raise
            return tuple(dict.fromkeys(named(part.strip()) for part in text.split("+") if part.strip()))
    return (named(text),)


def _product(text: str) -> str:
    synonym = meaning(text)
    if synonym and synonym.name in products():
        return synonym.name
    raise RegistryError(f"unknown product '{text}'", where="product", allowed=sorted(products()), given=text)


def own_labels(store: Store) -> dict[str, dict[str, OwnLabel]]:
    """Every correction kept beside a mirror, by study."""
    return read_own(store).labels


def digests(own: Mapping[str, Mapping[str, OwnLabel]]) -> dict[str, str]:
    """Study -> a mark of its corrections, to see which an index does not know yet."""
    return {
        study: hashlib.blake2b(
            json.dumps({q: asdict(label) for q, label in said.items()}, sort_keys=True).encode("utf-8", "replace"),
            digest_size=8,
        ).hexdigest()
        for study, said in own.items()
    }


def labelled(study: Study, own: Mapping[str, OwnLabel]) -> Classification:
    """What the rules say of a study, with your corrections in their place."""
    with reading(study.id):
        return corrected(classify(study), own)


def corrected(said: Classification, own: Mapping[str, OwnLabel]) -> Classification:
    """A classification with your corrections in place of what the rules say."""
    for question, label in own.items():
        values = [Label(v, YOURS, "your label", f"kept on {label.day}", label.why) for v in label.values]
        if question == "kind":
            said = _kind(said, values[0])
        elif question == "target":
            said = replace(said, targets=tuple(v for v in values if v.value != "not stated"))
        elif question == "disease":
            places = tuple(_place(v.value) for v in values)
            said = replace(said, diseases=Diseases(places, places[0], f"your label: {label.why}"))
        elif question == "product":
            said = replace(said, products=label.values)
        elif question == "cells":
            said = replace(said, source=values[0])
        elif question == "costimulation":
            said = replace(said, costimulation=replace(values[0], value="+".join(sorted(label.values))))
        elif question == "generation":
            said = replace(said, generation=values[0])
        elif question == "sponsor":
            said = replace(said, sponsor_type=values[0])
    return said


def _kind(said: Classification, label: Label) -> Classification:
    """The cells that carry the CAR make it a CAR cell therapy; any other kind makes it none."""
    if label.value.startswith("CAR-"):
        return replace(said, kind=replace(label, value=CAR_THERAPY), platform=label)
    return replace(said, kind=label)


def _place(name: str) -> Place:
    return next(p for p in tree() if p.name == name)
