"""Names and texts that old formats can hold: short, plain, and told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

# Letters that have no accent to take off.
PLAIN = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "°": " deg ", "–": "-", "—": "-", "’": "'", "ß": "ss"})


def plain(text: str, most: int = 200) -> str:
    """A text in ASCII, no longer than so many characters, without blanks at its ends."""
    letters = unicodedata.normalize("NFKD", str(text).translate(PLAIN))
    ascii_ = "".join(c for c in letters if not unicodedata.combining(c)).encode("ascii", "replace").decode("ascii")
    return " ".join(ascii_.split())[:most].strip()


def code(text: str, taken: Collection[str] = (), most: int = 8) -> str:
    """A name of capital letters and digits, begun by a letter, that is not taken yet."""
    short = re.sub(r"[^A-Z0-9]", "", plain(text).upper())
    short = (short if short[:1].isalpha() else f"X{short}")[:most]
    if short not in taken:
        return short
    number = 2
    while (other := f"{short[: most - len(str(number))]}{number}") in taken:
        number += 1
    return other
