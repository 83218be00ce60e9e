"""What to ask a registry to find its trials of CAR cells: the field's words and every product name known."""

from __future__ import annotations

import json
import re
from urllib.parse import quote_plus

from livingdrug.registry.terms.products import products
from livingdrug.registry.terms.synonyms import library

LONGEST_QUERY = 2500
"""The longest expression sent in an address, as it stands there [character]"""


def cart_queries(registry: str) -> list[str]:
    """The expressions that together find the CAR trials of a registry: the field's words and every product name known.

    Product names matter: ELIANA says CTL019 and never CAR-T.
    """
    if registry == "ctis":
        return [json.dumps({"containAny": ", ".join(cart_names())})]
    queries: list[str] = []
    for name in cart_names():
        longer = f'{queries[-1]} OR "{name}"' if queries else ""
        if longer and len(quote_plus(longer)) <= LONGEST_QUERY:
            queries[-1] = longer
        else:
            queries.append(f'"{name}"')
    return queries


def cart_names() -> list[str]:
    """The words and product names that mark a CAR trial, without those that only lengthen another one."""
    field = {
        w for row in library("words")["word"] if row["name"] in ("CAR T", "CAR NK") for w in (row["name"], *row["also"])
    }
    field |= {
        "CAR-T",
        "CAR-NK",
        "chimeric antigen receptor",
        "chimeric receptor",
        "CAR macrophage",
        "CAR Treg",
        "CAAR-T",
    }
    names = field | {n for p in products().values() for n in (p.name, *p.also)}
    split = {n: re.split(r"[ /-]", n.lower()) for n in names if re.fullmatch(r"[\w .,/+()-]{4,80}", n)}
    starts = {tuple(words) for words in split.values()}
    kept = [n for n, words in split.items() if not any(tuple(words[:k]) in starts for k in range(1, len(words)))]
    return sorted(kept, key=str.lower)
