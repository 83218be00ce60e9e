"""Pages and reports as they are set: true minus signs, powers of ten, units, quotation marks, in all read as text.

What belongs together stays on one line, by spaces that do not break: a number and its unit (10.3 mm), its power or its
million, a count and what it is of (35 of 45), the ends of a range (2 to 5), a day and its month. `tied` in
`static/figures/says.js` does the same in the browser.

What is typed or copied as it stands (code, fields, scripts), equations, and what is quoted from a record stay as they
are.
"""

from __future__ import annotations

import re

_PIECES = re.compile(r"(<[^>]*>)")
_OPENED = re.compile(r"<(/?)(code|pre|kbd|samp|script|style|textarea|math|q|svg)\b", re.IGNORECASE)
_WITHIN = re.compile(r"</?(?:a|em|strong|b|i|span|sub|sup|small|abbr|time)\b", re.IGNORECASE)  # inside a line
_UNITS = (
    r"(?:[kmµunp]?g|[mµu]?L|[mµun]?m(?:ol|²|2)?|Gy|IU|°C|cells|copies|molecules|[dh]|days?|hours?|weeks?|months?|years?"
    r"|million|billion|trillion)(?![\w’'])"
)
_MONTHS = "(?:January|February|March|April|May|June|July|August|September|October|November|December)\\b"
_CANDIDATE = re.compile(
    r"['\"]|&#3[49];|&quot;|\de[+-]?\d|-[\d.]|m2|m\^[23]|\bu[gLm]|degC|\d (?:C\b|%|of \d)|\bx(?: \d|:)|\d×10"
    rf"|[\d%⁰¹²³⁴⁵⁶⁷⁸⁹] to [+−-]?\d|[\w)] x [\w(]|[\d⁰¹²³⁴⁵⁶⁷⁸⁹] {_UNITS}|\d {_MONTHS}"
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"&#34;|&quot;"), '"'),
    (re.compile(r"&#39;"), "'"),
    (re.compile(r'(^|[\s(\[–—/])"(?=\S)'), "\\1“"),
    (re.compile(r'"'), "”"),
    (re.compile(r"(^|[\s(\[–—/“])'(?=\S)"), "\\1‘"),
    (re.compile(r"'"), "’"),
    (re.compile(r"(?<![\w.,\-–])-(?=\.?\d)"), "−"),
    (re.compile(r"(?<=\d) C\b(?![-’'\w])"), " °C"),
    (re.compile(r"(?<=\d) (?=%)"), "\N{NO-BREAK SPACE}"),
    (re.compile(rf"\b(\d[\d.,]*[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*) (?={_UNITS})"), "\\1\N{NO-BREAK SPACE}"),  # of a number, not of CD19
    (re.compile(r"(?<=\d) of (?=\d)"), "\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}"),
    (re.compile(r"(?<=[\d%⁰¹²³⁴⁵⁶⁷⁸⁹]) to (?=[+−]?\d)"), "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}"),
    (re.compile(rf"\b(\d\d?) (?={_MONTHS})"), "\\1\N{NO-BREAK SPACE}"),
    (re.compile(r"(?<=[\w)]) x (?=(?!and\b|or\b|is\b)[\w(])"), " × "),
    (re.compile(r"(?<![\w.])x(?= \d|: ratio)"), "×"),
    (re.compile(r"(?<=\d)×(?=10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])"), "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"),
    (re.compile(r"\bdegC\b"), "°C"),
    (re.compile(r"\bu(?=(?:g|L|m|mol)\b)"), "µ"),
    (re.compile(r"(?:(?<=[µunmck])|\b)m\^?2\b"), "m²"),
    (re.compile(r"(?<=m)\^3\b"), "³"),
)
_POWER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d{1,3})\b")


def typeset(html: str) -> str:
    """A page's HTML with its text set.

    >>> from livingdrug.plot.typeset import typeset
    >>> typeset("<p>'So', -4.48e-03 copies/ug, 38.6 C</p><code>-1e3 'x'</code>")
    "<p>‘So’, −0.00448 copies/µg, 38.6 °C</p><code>-1e3 'x'</code>"
    """
    inside, found, before = 0, [], ""
    for piece in _PIECES.split(html):
        if piece.startswith("<"):
            if match := _OPENED.match(piece):
                inside += -1 if match[1] else 0 if piece.endswith("/>") else 1
            if not _WITHIN.match(piece):
                before = ""
        elif piece:
            if inside <= 0 and _CANDIDATE.search(piece):
                piece = _set(piece, before)
            before = piece[-1]
        found.append(piece)
    return "".join(found)


def _set(text: str, before: str) -> str:
    """One run of text; before: the character that stands before it, in another element."""
    lead = before if before and not before.isspace() else ""
    text = _POWER.sub(_power, lead + text)
    for pattern, by in _RULES:
        text = pattern.sub(by, text)
    return text[len(lead) :]


def _power(match: re.Match[str]) -> str:
    """4.48e-07 as 4.48 × 10⁻⁷; a power of a few figures in full."""
    exponent = int(match[2])
    if -4 < exponent < 6 and (number := float(match[0])):
        return f"{number:,.10g}"
    return f"{match[1]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{str(exponent).translate(_RAISED)}"
