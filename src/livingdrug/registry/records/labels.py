"""Drug labels of the United States as two services give them, read into one form.

DailyMed gives the label itself, a document in XML (Structured Product Labeling): `setId`, `versionNumber`,
`effectiveTime`, and sections marked by LOINC codes. openFDA gives a copy of it as JSON, some weeks behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from livingdrug.registry.errors import RecordError
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.text import at, items, plain, whole_number

SET_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The number of a label that all its versions share"""

BOXED, INDICATIONS = "34066-1", "34067-9"
"""LOINC codes of the sections, as in the table `sections.csv` of openFDA's own reader"""

_BLOCKS = {"paragraph", "item", "td", "th", "caption", "title", "br", "list", "table", "tr", "text"}


@dataclass(frozen=True)
class Wanted:
    """A product whose label is asked for."""

    product: str
    brand: str | None = None
    set_id: str | None = None
    """the label's number where the table of approvals states it"""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.brand or self.product


@dataclass(frozen=True)
class Label:
    """One version of one label."""

    source: str
    """dailymed or openfda"""
    set_id: str
    version: int
    effective: str | None
    """the day it states for itself, ISO"""
    title: str
    """names of the product as the label writes them"""
    boxed_title: str | None
    """heading of the boxed warning; None where there is no box"""
    boxed_text: str | None
    indications: str | None
    url: str


@dataclass(frozen=True)
class Listed:
    """A label in DailyMed's list."""

    set_id: str
    version: int
    published: str | None
    """ISO day"""
    title: str


def page_of(set_id: str) -> str:
    """The label's page for people."""
    return f"https://dailymed.nlm.nih.gov/dailymed/lookup.cfm?setid={set_id}"


def names(title: str, *wanted: str) -> bool:
    """Whether a label's title names one of the products: whole words, and the brand not inside another's name."""
    words = _words(title)
    return any(f" {name} " in f" {words} " for name in map(_words, wanted) if name)


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


# DailyMed


def read_spl(text: str) -> Label:
    """The label of a document in XML; RecordError for anything else."""
    if "<!DOCTYPE" in text[:2000].upper() or "<!ENTITY" in text.upper():
        raise RecordError("this is no label: a document with entities of its own, or a web page")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise RecordError(f"this is no label: no whole XML ({error})") from None
    if _local(root) != "document":
        raise RecordError(f"this is no label: XML that begins with '{_local(root)[:40]}', not 'document'")
    set_id = _set_id(_value(root, "setId", "root"))
    boxed, used_for = _section(root, BOXED), _section(root, INDICATIONS)
    heading = _line(_text(_child(boxed, "title")))
    boxed_title, boxed_text = _box(heading, _text(boxed, titled=False))
    return Label(
        source="dailymed",
        set_id=set_id,
        version=_version(_value(root, "versionNumber", "value"), set_id),
        effective=day(_value(root, "effectiveTime", "value")),
        title=_line(_text(_child(root, "title"))) or "",
        boxed_title=boxed_title,
        boxed_text=boxed_text,
        indications=_text(used_for, titled=False),
        url=page_of(set_id),
    )


def listed(data: Any) -> tuple[list[Listed], int]:
    """(the labels on a page of DailyMed's list, how many pages there are)."""
    rows = at(data, "data", list)
    if rows is None:
        raise RecordError("this is no list of labels: no 'data'")
    found = [
        Listed(row["setid"].lower(), version, day(row.get("published_date")), plain(at(row, "title", str)) or "")
        for row in rows
        if SET_ID.fullmatch((at(row, "setid", str) or "").lower())
        and (version := whole_number(row.get("spl_version"))) is not None
    ]
    if len(found) < len(rows):
        raise RecordError(f"{len(rows) - len(found)} of {len(rows)} entries of the list have no set id or version")
    return found, _pages(data)


def history(data: Any) -> tuple[dict[int, str | None], int]:
    """(version -> day on which DailyMed published it, pages there are) of a page of a label's history.

    Both forms are read: with `history` at the top, as documented, and inside `data`, as later answers have it.
    """
    rows = at(data, "data.history", list)
    rows = at(data, "history", list) if rows is None else rows
    if rows is None:
        raise RecordError("this is no history of a label: no 'history'")
    found = {
        version: day(row.get("published_date"))
        for row in rows
        if isinstance(row, dict) and (version := whole_number(row.get("spl_version"))) is not None
    }
    if len(found) < len(rows):
        raise RecordError(
            f"{len(rows) - len(found)} of {len(rows)} entries of the history have no version of their own"
        )
    return found, _pages(data)


def _pages(data: Any) -> int:
    return max(1, whole_number(at(data, "metadata.total_pages", (str, int))) or 1)


# openFDA


def openfda_records(data: Any) -> tuple[list[dict[str, Any]], int]:
    """(the labels of an answer, how many there are in all)."""
    rows = at(data, "results", list)
    if rows is None or not all(isinstance(row, dict) for row in rows):
        raise RecordError("this is no answer of openFDA: no list 'results'")
    return rows, whole_number(at(data, "meta.results.total", (str, int))) or len(rows)


def read_openfda(record: dict[str, Any]) -> Label:
    """The label of one record; RecordError when it has no set id or version."""
    set_id = _set_id(at(record, "set_id", str))
    boxed_title, boxed_text = _box(None, _joined(record, "boxed_warning"))
    product_names = [*items(record, "openfda.brand_name", str), *items(record, "openfda.generic_name", str)]
    return Label(
        source="openfda",
        set_id=set_id,
        version=_version(record.get("version"), set_id),
        effective=day(at(record, "effective_time", str)),
        title=plain(" / ".join(product_names)) or _line(_joined(record, "spl_product_data_elements")) or "",
        boxed_title=boxed_title,
        boxed_text=boxed_text,
        indications=_joined(record, "indications_and_usage"),
        url=page_of(set_id),
    )


def _joined(record: dict[str, Any], field: str) -> str | None:
    return plain("\n".join(items(record, field, str)))


# both


def day(text: object) -> str | None:
    """An ISO day of `20260721`, `20260721103000`, `Jul 21, 2026` or `2026-07-21`; None for anything else."""
    if isinstance(text, str) and re.match(r"\d{8}(?!\d{1,5}$)", text.strip()):
        text = re.sub(r"(\d{4})(\d{2})(\d{2}).*", r"\1-\2-\3", text.strip(), flags=re.DOTALL)
    found = partial_date(text)
    return found.first if found and found.precision == "day" else None


def _set_id(text: str | None) -> str:
    found = (text or "").strip().lower()
    if not SET_ID.fullmatch(found):
        raise RecordError(f"this is no label: no set id ('{found[:40]}')")
    return found


def _version(stated: object, set_id: str) -> int:
    version = whole_number(stated)
    if not version:
        raise RecordError(f"the label {set_id} states no version ('{str(stated)[:40]}')")
    return version


_SHOUTED = re.compile(
    r"\s*((?:BOXED )?WARNINGS?\b:?(?:\s+(?:[^\Wa-z_][^\sa-z]*|and|or|of|with|in|to|the|from|-cell)(?=\s|$))+)"
)
_GENERAL = re.compile(r"\W*(?:boxed\s+)?warnings?\W*", re.IGNORECASE)


def _box(heading: str | None, text: str | None) -> tuple[str | None, str | None]:
    """(heading, text) of a boxed warning: the heading as marked, else the words in capitals that the text begins
    with."""
    if heading and not _GENERAL.fullmatch(heading):
        return heading, text
    shouted = _SHOUTED.match(text or "")
    if text is None or shouted is None:
        return heading, text
    end = shouted.end(1)
    while (last := text[shouted.start(1) : end].split()[-1:]) and (last[0].islower() or len(last[0].strip(".,:;")) < 2):
        end = text.rindex(last[0], 0, end)  # `A`, `and` open what follows
    return " ".join(text[:end].split()), text[end:].strip() or None


def _local(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _child(node: ElementTree.Element | None, name: str) -> ElementTree.Element | None:
    return next((c for c in node if _local(c) == name), None) if node is not None else None


def _value(root: ElementTree.Element, name: str, attribute: str) -> str | None:
    child = _child(root, name)
    return child.get(attribute) if child is not None else None


def _section(root: ElementTree.Element, code: str) -> ElementTree.Element | None:
    """The first section with a LOINC code."""
    for node in root.iter():
        if _local(node) == "section":
            marked = _child(node, "code")
            if marked is not None and marked.get("code") == code:
                return node
    return None


def _text(node: ElementTree.Element | None, *, titled: bool = True) -> str | None:
    """The words of a node and of the sections in it, one block a line; titled: with the node's own title.

    What only the highlights show (`excerpt`) is left out: the section says it whole.
    """
    if node is None:
        return None
    own = None if titled else _child(node, "title")
    lines = "".join(_written(node, own)).split("\n")
    return plain("\n".join(line for line in (" ".join(words.split()) for words in lines) if line))


def _written(node: ElementTree.Element, without: ElementTree.Element | None) -> Iterator[str]:
    yield re.sub(r"\s+", " ", node.text or "")
    for child in node:
        if child is not without and _local(child) not in ("excerpt", ""):
            block = _local(child) in _BLOCKS
            yield "\n" if block else ""
            yield from _written(child, without)
            yield "\n" if block else ""
        yield re.sub(r"\s+", " ", child.tail or "")


def _line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None
