"""Registry numbers by their form: NCT, EudraCT, CTIS and ISRCTN, which link one trial across registries; and as people
type them: NCT 0243 5849, nct-2435849, EudraCT no. 2013 003205 25, a link to the record."""

from __future__ import annotations

import re
import unicodedata

from livingdrug.registry.records.study import Identifier

_NCT = re.compile(r"NCT0*[1-9]\d{0,7}$", re.IGNORECASE)
_NUMBERS = (
    ("EUDRACT", re.compile(r"(?:EUCTR|EudraCT)?[\s:#-]*(20\d\d-00\d{4}-\d\d)(?:-[A-Z]{2})?$", re.IGNORECASE)),
    ("CTIS", re.compile(r"(?:EU ?CT|CTIS)?[\s:#-]*(20\d\d-5\d{5}-\d\d)(?:-\d\d)?$", re.IGNORECASE)),
    ("ISRCTN", re.compile(r"ISRCTN\s?(\d{8})$", re.IGNORECASE)),
    ("NCT", re.compile(r"(NCT\d{8})$", re.IGNORECASE)),
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_CALLED = r"(?:[\s:#._/-]|(?:no|nr|num|number|id)(?![a-z]))*"  # what stands between a registry's name and the number
_EIGHT = r"[\dO](?:[ ._-]?[\dO]){7}(?![\dO])|\d+"  # eight digits in groups, the letter O for a nought; or a few
_LINK = re.compile(r"\S*://\S*?(NCT\d{8}|ISRCTN\d{8}|(?:19|20)\d\d-\d{6}-\d\d(?:-\d\d)?(?!\d))\S*", re.IGNORECASE)
_EIGHTFOLD = re.compile(rf"(?<![A-Z0-9])(NCT|ISRCTN){_CALLED}({_EIGHT})", re.IGNORECASE)
_EUROPEAN = re.compile(
    rf"(?<![A-Z0-9-])(?:(?:EU[ -]?CT|EudraCT|CTIS|EUCTR|EU){_CALLED})?"
    r"((?:19|20)\d\d)[ ._/-]?(\d{6})[ ._/-](\d\d)(?:[ ._/-](\d\d))?(?![\d])",
    re.IGNORECASE,
)
_UNIVERSAL = re.compile(rf"(?<![A-Z0-9])UTN{_CALLED}(?=U\d{{4}})", re.IGNORECASE)
_OTHERS = re.compile(
    rf"(?<![A-Z0-9])(ChiCTR(?:-[A-Z]{{2,4}})?|jRCT[a-z]?|CTRI|ACTRN|DRKS|IRCT|KCT|TCTR|PACTR|JPRN){_CALLED}(?=\d)",
    re.IGNORECASE,
)


def rejoined(text: str) -> str:
    """A text in which every registry number stands in one word, as registries write it; all else is as it was.

    >>> rejoined("nct 0243-5849 in EudraCT no. 2013 003205 25")
    'NCT02435849 in 2013-003205-25'
    """
    if not any(map(str.isdigit, text)):
        return text
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    plain = _LINK.sub(lambda found: found[1], plain)
    plain = _OTHERS.sub(r"\1", _UNIVERSAL.sub("", plain))
    plain = _EIGHTFOLD.sub(lambda found: found[1].upper() + _digits(found[2]), plain)
    return _EUROPEAN.sub(lambda found: "-".join(filter(None, found.groups())), plain)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text.upper().replace("O", "0"))


def written(given: str) -> tuple[str, ...]:
    """What registries and records call the trial of a number, however that is typed, likeliest first: nct 2435849 is
    NCT02435849; of a European number also without its last pair, and as ids of records begin."""
    own, wanted = given.strip().upper(), rejoined(given).strip().upper()
    found = [nct_id(own) or own, nct_id(wanted) or wanted]
    if european := _EUROPEAN.match(wanted):
        whole = "-".join(european.groups()[:3])
        found += [whole, f"CTIS{whole}", f"EUCTR{wanted}"]
    elif wanted.startswith("ISRCTN"):
        found.append(wanted.removeprefix("ISRCTN"))
    return tuple(dict.fromkeys(found))


def linking_number(text: str) -> Identifier | None:
    """A registry number recognised by its form: NCT, EudraCT, CTIS (without resubmission) or ISRCTN."""
    for kind, form in _NUMBERS:
        if match := form.match(text.strip()):
            return Identifier(kind, match[1].upper())
    return None


def nct_id(text: str | None) -> str | None:
    """`nct2435849` -> `NCT02435849`; None when it is no NCT number."""
    text = (text or "").strip()
    return f"NCT{int(text[3:]):08d}" if _NCT.match(text) else None
