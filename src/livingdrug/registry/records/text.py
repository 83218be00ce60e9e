"""Reading other people's text safely: tolerant look-up, clean words, contacts left out, one hash for one content."""

from __future__ import annotations

import hashlib
import html
import json
import re
from functools import lru_cache
from typing import Any, TypeVar, overload

T = TypeVar("T")

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>~|=^&$])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMAIL = re.compile(r"[\w.+%-]+(?:@|\s?\[at\]\s?)[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?:\b(?:tel|phone|telephone|mobile|fax|call)\b[.:\s]{1,3}|(?=\+\d{1,3}[\s.\-(/]?\d))[+(]?\d(?:[\s.\-()/]{0,2}\d){6,14}"
    r"|(?<![\d.-])(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-.]\d{4}(?![\d-])",
    re.IGNORECASE,
)
_SEVEN_DIGITS = re.compile(r"(?:\d[\s.\-()/]{0,2}){7}")
_BETWEEN_DIGITS = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f.-()/"
_DIGITS_ALIKE = bytes(ord("0") if chr(code) in "0123456789?" else ord("x") for code in range(256))
_CONTACT_SECTION = re.compile(r"\s*Who is the main contact\?.*", re.DOTALL | re.IGNORECASE)


@lru_cache(maxsize=1000)
def _keys(path: str) -> tuple[str, ...]:
    """The keys that a dotted path goes by."""
    return tuple(path.split("."))


def at(record: Any, path: str, kind: type[T] | tuple[type[T], ...]) -> T | None:
    """The value at a dotted path when it is there and of the kind asked for, else None; never raises."""
    for key in _keys(path):
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    if isinstance(record, bool) and kind is not bool:
        return None
    return record if isinstance(record, kind) else None


@overload
def items(record: Any, path: str) -> list[dict[str, Any]]: ...
@overload
def items(record: Any, path: str, kind: type[T]) -> list[T]: ...
def items(record: Any, path: str, kind: type[Any] = dict) -> list[Any]:
    """The members of the wanted kind of the list at a dotted path; a lone member counts as a list of one."""
    for key in _keys(path):
        if not isinstance(record, dict):
            return []
        record = record.get(key)
    members = record if isinstance(record, list) else [record]
    return [m for m in members if isinstance(m, kind)]


def words(record: Any, path: str) -> str | None:
    """The clean text at a dotted path, or None when there is none."""
    if "." in path or not isinstance(record, dict):
        return plain(at(record, path, str))
    found = record.get(path)
    return plain(found) if isinstance(found, str) else None


def whole_number(value: object) -> int | None:
    """25, 25.0, `25` and `1,200` as a whole number, not below nought; anything else None."""
    if isinstance(value, str):
        text = value.strip()
        return int(text.replace(",", "")) if re.fullmatch(r"\d{1,3}(?:,\d{3}){1,4}|\d{1,15}", text, re.ASCII) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 0 <= value < 1e15 else None


def plain(text: str | None) -> str | None:
    """Text a screen can show: Markdown escapes and entities undone, control characters and contacts gone."""
    if not text:
        return None
    return _plain(text) if len(text) > _SHORT else _short_plain(text)


_SHORT = 80
"""Characters of a text that many records are likely to share: a state, a town, a measure's time"""


def _plain(text: str) -> str | None:
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(text)
    if not text.replace("\n", "").isprintable():  # the few that hold more than letters, signs and blanks
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))
    return without_contacts(text).strip() or None


_short_plain = lru_cache(maxsize=50_000)(_plain)


def without_contacts(text: str) -> str:
    """Text with e-mail addresses, telephone numbers and ISRCTN's section on the main contact taken out."""
    if "?" in text and "main contact" in text.lower():
        text = _CONTACT_SECTION.sub("", text)
    if "@" in text or "[at]" in text:
        text = _EMAIL.sub("[e-mail in the registry]", text)
    return _PHONE.sub("[telephone in the registry]", text) if _may_hold_a_number(text) else text


def _may_hold_a_number(text: str) -> bool:
    """A quick look: every telephone number has seven digits with little between them."""
    alike = text.encode("ascii", "replace").translate(_DIGITS_ALIKE, _BETWEEN_DIGITS)  # ? is any letter beyond ASCII
    return b"0000000" in alike and bool(_SEVEN_DIGITS.search(text))


_CONTACT_KEYS = re.compile(
    r"contact(?!sLocationsModule)|overallOfficials|personInfo|investigatorFullName|responsibleParty|e?mail|phone|telephone|fax\b|parties|person$",
    re.IGNORECASE,
)


def record_without_contacts(record: Any) -> Any:
    """A raw record with every branch that holds contact persons left out, and contacts in texts masked."""
    if isinstance(record, dict):
        return {k: record_without_contacts(v) for k, v in record.items() if not _CONTACT_KEYS.search(k)}
    if isinstance(record, list):
        return [record_without_contacts(v) for v in record]
    return without_contacts(record) if isinstance(record, str) else record


def parse_json(text: str) -> Any:
    """JSON to Python; ValueError for anything that is not JSON, also when it is nested beyond reason."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def as_text(record: dict[str, Any]) -> str:
    """A record as JSON text, for records that did not come as text."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(record, separators=(",", ":")) if _SURROGATE.search(text) else text


def content_hash(record: dict[str, Any]) -> str:
    """A hash of what the record says: key order, the registry's daily stamp and the day of a copy do not count."""
    record = {k: v for k, v in record.items() if k not in ("record_last_import", "ctrname", "_id")}
    misc = at(record, "derivedSection.miscInfoModule", dict)
    if misc and "versionHolder" in misc:
        misc = {k: v for k, v in misc.items() if k != "versionHolder"}
        record["derivedSection"] = {**record["derivedSection"], "miscInfoModule": misc}
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
