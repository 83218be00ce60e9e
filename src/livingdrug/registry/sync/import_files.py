"""Records from files: v2 JSON, JSON lines, gzip, zip, tar, CTIS JSON, ISRCTN XML or JSON, EU CTR JSON or full text.

What a file is, its content says, not its name. A damaged record is set aside; the records around it are kept.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import IO, Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store, now
from livingdrug.registry.records import euctr_text, isrctn
from livingdrug.registry.records.read import registry_of
from livingdrug.registry.records.text import as_text, parse_json
from livingdrug.registry.sync.unpack import BESIDE, DAMAGE, LARGEST, Damaged, Refusal, members, refused

READ = (
    "ClinicalTrials.gov v2 JSON, JSON lines, gzip, zip or tar of these; CTIS JSON; ISRCTN XML or JSON;"
    " EU CTR JSON or full text"
)
"""The forms of file that are read"""

BATCH = 500
"""Records written in one transaction."""

_RECORD_START = re.compile(r'\{\s*"(?:protocolSection|ctNumber|ctStatus|isrctn|seen_at)"\s*:')
_STUDIES = re.compile(r'"studies"\s*:\s*\[')
_WRAPPED = re.compile(r'\{\s*"seen_at"\s*:\s*"([^"]{1,40})"\s*,\s*"study"\s*:\s*')
_TAIL = re.compile(r'"(?:nextPageToken|totalCount)"\s*:\s*(?:"[^"]*"|\d+|null)')
_DECODER = json.JSONDecoder()
_DEEPEST = 6
"""Objects and lists around a record"""

_SPACE = re.compile(r"[\s,\[\]]*")


@dataclass
class Tally:
    """What became of the records of an import: read = new + changed + unchanged + quarantined."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    set_aside: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
    """(file, reason) -> records of this import that were quarantined"""

    def count(self, outcome: str) -> None:
        """Counts one record."""
        self.read += 1
        setattr(self, outcome, getattr(self, outcome) + 1)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in ("read", "new", "changed", "unchanged", "quarantined")}


@dataclass(frozen=True)
class RecordText:
    """A record's text as it stands in a file, or what is damaged there."""

    text: str | bytes
    seen: str | None = None
    damage: str | None = None


def import_files(
    store: Store, paths: Iterable[str | Path], progress: Callable[[Tally], None] = lambda tally: None
) -> Tally:
    """Reads every record of the files and folders into the store.

    A file is refused before any is read; one in a folder is set aside, and the rest is read.
    """
    given = [Path(path) for path in paths]
    files = list(_files(given))
    for path in given:
        if not path.is_dir():
            _refuse(path)
    tally, seen = Tally(), now()
    for path in files:
        found = records(path)
        while batch := [f for _, f in zip(range(BATCH), found, strict=False)]:
            with store.transaction():
                for record in batch:
                    outcome, reason = _keep(store, record, path.name, seen)
                    tally.count(outcome)
                    if reason:
                        tally.set_aside[path.name, reason.splitlines()[0]] += 1
            progress(tally)
    return tally


def _keep(store: Store, found: RecordText, place: str, seen: str) -> tuple[str, str]:
    """(what became of a record, why it was set aside)"""
    if found.damage or isinstance(found.text, bytes):
        reason = found.damage or "unreadable"
        store.quarantine(found.text, reason, place, seen)
        return "quarantined", reason
    outcome = store.take(found.text, place, found.seen or seen)
    return outcome, store.why_quarantined(found.text) if outcome == "quarantined" else ""


def _files(paths: Iterable[str | Path]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            there = path.exists()
            raise RegistryError(
                "this is a pipe or a device, not a file" if there else "no such file",
                where=str(path),
                mend="save what it gives in a file, and import that" if there else "give files (or folders) that exist",
            )


def _refuse(path: Path) -> None:
    """Refuses, by name, what by its beginning does not hold records that are read here."""
    try:
        head = b""
        for _, stream in members(path):
            head = stream.read(2**16).lstrip(b"\xef\xbb\xbf \t\r\n")
            break
    except DAMAGE:
        return  # reported when the file is read
    if not head:
        raise RegistryError("this file is empty", where=str(path), mend="fetch or export it again")
    if refusal := _refusal(head):
        raise RegistryError(refusal.what, where=str(path), allowed=READ, mend=refusal.mend)


def _refusal(head: bytes) -> Refusal | None:
    text = head.decode("utf-8", "replace")
    return None if _RECORD_START.search(text) or euctr_text.is_full_text(text) else refused(head)


def records(path: Path) -> Iterator[RecordText]:
    """Every record of a file as its exact text, and every damaged stretch."""
    try:
        for name, stream in members(path):
            try:
                for found in _from_stream(stream):
                    yield found if not name.endswith(BESIDE) else _beside(found)
            except DAMAGE as error:
                yield _broken(path if name == path.name else f"{path}: {name}", error)
    except DAMAGE as error:
        yield _broken(path, error)


def _beside(found: RecordText) -> RecordText:
    """What stands beside the packed parts of a file: a record is one, all else is told as what it is."""
    if not found.damage and registry_of(_value(found.text)):
        return found
    data = found.text if isinstance(found.text, bytes) else found.text.encode("utf-8", "surrogateescape")
    return replace(found, text=data, damage=f"{len(data):,} bytes beside what is packed are no records")


def _value(text: str | bytes) -> Any:
    try:
        return parse_json(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _broken(place: str | Path, error: Exception) -> RecordText:
    """A file that could not be read to its end, as what is set aside in its place."""
    said = str(error) if isinstance(error, Damaged) else f"the file breaks off: {error}"
    return RecordText(str(place).encode("utf-8", "surrogateescape"), damage=said)


def _from_stream(stream: IO[bytes]) -> Iterator[RecordText]:
    first, second = stream.readline(LARGEST), stream.readline(LARGEST)
    if _is_json(first) or _is_json(second):  # one value a line
        for line in chain([first, second], iter(lambda: stream.readline(LARGEST), b"")):
            if line.strip():
                yield from _from_bytes(line)
        return
    document = first + second + stream.read(LARGEST)
    if refusal := _refusal(document[: 2**16].lstrip(b"\xef\xbb\xbf \t\r\n")):
        yield RecordText(document[: 2**20], damage=f"{refusal.what}; {refusal.mend}")
        return
    if document.strip():
        yield from _from_bytes(document)
    if stream.read(1):
        yield RecordText(document[:1000], damage=f"a document of more than {LARGEST:,} bytes; the rest was not read")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _from_bytes(data: bytes) -> Iterator[RecordText]:
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").strip()
    if text.startswith("<") and not _RECORD_START.search(text):
        try:
            yield from (RecordText(as_text(record)) for record in isrctn.records(text))
        except ValueError as error:
            yield RecordText(data, damage=str(error))
        return
    if text[:1] not in "{[" and euctr_text.is_full_text(text):
        clean = data.decode("utf-8", "replace").removeprefix("\ufeff")
        yield from (RecordText(as_text(record)) for record in euctr_text.protocols(clean))
        return
    for found in _from_text(text):
        exact = found.text.encode("utf-8", "surrogateescape") if isinstance(found.text, str) else found.text
        if _is_utf8(exact):
            yield found
        else:
            yield RecordText(exact, damage=found.damage or "not UTF-8 text")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_text(text: str) -> Iterator[RecordText]:
    """The records of a JSON text: a record, a list, an answer of the interface, or several of them in a row."""
    at = 0
    while (at := _SPACE.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        answer = None
        if text[at] == "{" and not _RECORD_START.match(text, at):
            answer = _STUDIES.search(text, at)
        if answer and not _RECORD_START.search(text, at, answer.start()):
            at = answer.end()
            continue
        if text[at] == "}":
            at += 1
            continue
        if tail := _TAIL.match(text, at):  # token and count of an answer
            at = tail.end()
            continue
        wrapped = _WRAPPED.match(text, at)
        start = wrapped.end() if wrapped else at
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            following = _RECORD_START.search(text, start + 1)
            end = following.start() if following else len(text)
            yield RecordText(text[at:end], damage=f"not JSON: {error}")
            at = end
            continue
        held = [] if registry_of(value) else list(_held(value))
        if held:
            yield from held
        else:
            yield RecordText(text[start:end], seen=wrapped[1] if wrapped else None)
        at = end
        if wrapped and text[at : at + 1] == "}":
            at += 1


def _held(value: Any, seen: str | None = None, depth: int = 0) -> Iterator[RecordText]:
    """The records inside a value: of an object keyed by number, a list under any key, texts that are JSON themselves.

    What stands among records without being one is given too, so that it is told and counted.
    """
    if registry_of(value):
        yield RecordText(as_text(value), seen)
        return
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        if value.lstrip()[:1] in ("{", "[", '"'):
            with suppress(ValueError):
                yield from _held(parse_json(value), seen, depth + 1)
        return
    if isinstance(value, dict):
        stamp = value.get("seen_at")
        seen = stamp if isinstance(stamp, str) else seen
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [list(_held(member, seen, depth + 1)) for member in inner]
    among_records = isinstance(value, list) or sum(registry_of(member) is not None for member in inner) > 1
    for member, records_ in zip(inner, found, strict=True):
        yield from records_
        if not records_ and among_records and any(found) and isinstance(member, (dict, list, str)):
            yield RecordText(json.dumps(member))
