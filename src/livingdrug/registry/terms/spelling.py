"""One spelling for plain English words: small letters, American, singular; never a code, so CD19 stays CD19.

tumours, tumor and Tumors are one word, so are antibodies and antibody. Words with a digit are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_AMERICAN = (
    ("tumour", "tumor"),
    ("leukaem", "leukem"),
    ("haem", "hem"),
    ("aemi", "emi"),
    ("asthaen", "asthen"),
    ("oesoph", "esoph"),
    ("oedem", "edem"),
    ("oestr", "estr"),
    ("paed", "ped"),
    ("gynaec", "gynec"),
    ("anaest", "anest"),
    ("rrhoe", "rrhe"),
    ("pnoea", "pnea"),
    ("isation", "ization"),
    ("randomis", "randomiz"),
    ("goitre", "goiter"),
    ("centre", "center"),
    ("fibre", "fiber"),
)
"""pieces of words, British and American"""

_BRITISH = re.compile(r"[ao]e|tumour|isation|randomis|goitre|centre|fibre")
"""Without one of these a text holds none of the pieces"""

_AS_IT_IS = set(
    "aids alps apts ards asps caps cows crps hads hras icans icos incs kras mers news nras pacs pcos ppms rems rrms"
    " sars sirs spms tens".split()
)
"""words and short forms that end in s and are no plurals"""

_IRREGULAR = {
    "metastases": "metastasis",
    "diagnoses": "diagnosis",
    "prognoses": "prognosis",
    "thromboses": "thrombosis",
    "fibroses": "fibrosis",
    "viruses": "virus",
    "women": "woman",
}

_HISSING = re.compile(r"(?:ss|sh|x|zz|[nrt]ch|oach)es$")
_PLAIN_WORD = re.compile(r"(?<![^\W_])[a-z]{4,}(?![^\W_])")


def american(text: str) -> str:
    """Text in small letters with British pieces of words in American spelling."""
    text = text.lower()
    if not _BRITISH.search(text):
        return text
    for british, other in _AMERICAN:
        text = text.replace(british, other)
    return text


def singular(word: str) -> str:
    """A word of small letters without its plural ending; one that is no plural as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word[-1] != "s" or word[-2] in "sui" or word in _AS_IT_IS:
        return word
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if _HISSING.search(word) else word[:-1]


class Remembered(dict[str, str]):
    """What a function makes of each word, made once: the quickest look-up for texts of millions of words."""

    def __init__(self, make: Callable[[str], str], most: int = 200_000) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, word: str) -> str:
        if len(self) >= self._most:
            self.clear()
        made = self[word] = self._make(word)
        return made


_FOLDED = Remembered(lambda piece: _PLAIN_WORD.sub(lambda m: singular(american(m[0])), piece.lower()))


def folded(text: str) -> str:
    """The text with every plain word in its one spelling."""
    return " ".join(map(_FOLDED.__getitem__, text.split()))


def beginnings(start: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How a beginning of words may go on in folded text: (beginnings, whole words).

    `leukae` begins leukem too; words that begin with `antibodi` are there as antibody.
    """
    if not start.isalpha():
        return (start.lower(),), ()
    begins = [american(start)]
    for british, other in _AMERICAN:
        for n in range(3, len(british)):
            if begins[0].endswith(british[:n]) and not other.startswith(british[:n]):
                begins.append(begins[0][:-n] + other)
    whole = {singular(begins[0] + ending) for ending in ("", "s", "es")}
    return tuple(dict.fromkeys(begins)), tuple(sorted(w for w in whole if not w.startswith(begins[0])))


_SOUNDS = tuple(
    (re.compile(written), sound)
    for written, sound in (
        ("ph", "f"), ("^(?:ps|pt)(?=[aeiouy])", "s"), ("^(?:kn|gn|pn)", "n"), ("sch?(?=[eiy])", "s"),
        ("c(?=[eiy])", "s"), ("ch|ck|qu|q|c", "k"), ("x", "ks"), ("z", "s"), ("y", "i"), ("(?<=[rtg])h", ""),
        ("ae|oe", "e"), (r"(.)\1", r"\1"),
    )
)  # fmt: skip
"""Letters that are heard alike; our own judgement of English, and of Latin and Greek in it"""


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A word of small letters as it is heard: lymphoma and limfoma are one, so are eczema and eksema."""
    for written, heard in _SOUNDS:
        word = written.sub(heard, word)
    return word
