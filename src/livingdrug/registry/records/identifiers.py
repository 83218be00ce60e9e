"""Registry numbers by their form: NCT, EudraCT, CTIS and ISRCTN, which link one trial across registries."""

from __future__ import annotations

import re

from livingdrug.registry.records.study import Identifier

_NCT = re.compile(r"NCT0*[1-9]\d{0,7}$", re.IGNORECASE)
_NUMBERS = (
    ("EUDRACT", re.compile(r"(?:EUCTR|EudraCT)?[\s:#-]*(20\d\d-00\d{4}-\d\d)(?:-[A-Z]{2})?$", re.IGNORECASE)),
    ("CTIS", re.compile(r"(?:EU ?CT|CTIS)?[\s:#-]*(20\d\d-5\d{5}-\d\d)(?:-\d\d)?$", re.IGNORECASE)),
    ("ISRCTN", re.compile(r"ISRCTN\s?(\d{8})$", re.IGNORECASE)),
    ("NCT", re.compile(r"(NCT\d{8})$", re.IGNORECASE)),
)


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
