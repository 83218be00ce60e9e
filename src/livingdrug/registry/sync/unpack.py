"""What a file is, by its content: text, text packed in one of several ways, or a form that is refused by name.

Nothing is ever unpacked to disk. Archives may hold archives, to a depth that no honest file exceeds.
"""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from livingdrug.registry.sync.inflate import Given, gunzipped, is_gzip, zip_member

LARGEST = 512 * 2**20
"""The longest single document or line that is read [byte]"""

_BUFFER = 2**16
"""Read at once [bytes]"""

DEEPEST = 4
"""Archives within archives"""

DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)
"""What a damaged archive can cause"""

BESIDE = ", beside what is packed"
"""How the name of what stands before, between or behind the packed parts of a file ends"""


class Damaged(OSError):
    """A packed file of which all that can be read was given; says what was wrong with it."""


_UTF16 = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
          (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"{\0", "utf-16-le"), (b"[\0", "utf-16-le"),
          (b"\0{", "utf-16-be"), (b"\0[", "utf-16-be"))  # fmt: skip
"""How a text of two or four bytes a letter begins -> its coding"""


class Refusal(NamedTuple):
    """A form of file that is not read: what it is, and what to do instead."""

    what: str
    mend: str


_AS_JSON = "fetch the same studies as v2 JSON: `livingdrug trials sync --query 'NCT..., NCT...'`, or Download > JSON"
_PACKED = "unpack it first, then import the folder"
_OFFICE = b"\xd0\xcf\x11\xe0"
"""How an Office document of the older kind begins"""
_LOCKED = b"PK\x03\x04 locked"
"""Stands for a member that a password locks"""

_BEGINNINGS = (
    (b"%PDF", Refusal("this is a PDF document, not records", _AS_JSON)),
    (_OFFICE, Refusal("this is an Office document, not records", _AS_JSON)),
    (_LOCKED, Refusal("this zip archive is locked with a password", _PACKED)),
    (b"PK\x05\x06", Refusal("this zip archive is empty", "fetch or export it again")),
    (b"{\\rtf", Refusal("this is a document in rich text, not records", _AS_JSON)),
    (b"\x89PNG", Refusal("this is a picture, not records", _AS_JSON)),
    (b"\xff\xd8\xff", Refusal("this is a picture, not records", _AS_JSON)),
    (b"GIF8", Refusal("this is a picture, not records", _AS_JSON)),
    (b"SQLite format 3", Refusal("this is an SQLite database", "give a mirror with --db, or export its records")),
    (b"PAR1", Refusal("this is a Parquet table, not records", _AS_JSON)),
    (b"7z\xbc\xaf", Refusal("this is a 7z archive", _PACKED)),
    (b"Rar!", Refusal("this is a rar archive", _PACKED)),
    (b"BZh", Refusal("this is a bzip2 file", _PACKED)),
    (b"\xfd7zXZ", Refusal("this is an xz file", _PACKED)),
    (b"\x28\xb5\x2f\xfd", Refusal("this is a zstd file", _PACKED)),
    (b"TY  - ", Refusal("this is a RIS file of references, not records", _AS_JSON)),
)
_ICTRP = Refusal(
    "this is an export of the WHO platform (ICTRP): it holds a part of what each registry says",
    "fetch the trials from their own registries: `livingdrug trials sync --query 'NCT..., NCT...'`",
)
_EUCTR = Refusal(
    "this is a list of trials from the EU Clinical Trials Register: it holds a part of each protocol",
    "download the full trial details there (.txt), and import that",
)
_WEBSITE = "this is a table (CSV) from the download button of {}: it holds a part of each record"
_CLASSIC = Refusal("classic ClinicalTrials.gov XML is not read: the registry retired that form in June 2024", _AS_JSON)
_PAGE = Refusal("this is a web page, not records", _AS_JSON)
_NUMBERS = Refusal("this is a list of registry numbers, not records",
                   "fetch the studies: `livingdrug trials sync --query 'NCT..., NCT...'`")  # fmt: skip
_TABLE = Refusal("this is a table, not records", _AS_JSON)
_TEXT = Refusal("this is plain text, not records", _AS_JSON)
_LIST = re.compile(r"\W*(?:[a-z]{0,8}\d[\d-]{6,}[\s,;\"']*)+", re.IGNORECASE)
_WORDS = (
    (("nct number", "title"), Refusal(_WEBSITE.format("ClinicalTrials.gov"), _AS_JSON)),
    (("nct id",), Refusal("this is a table with a column of NCT numbers, not records", _AS_JSON)),
    (("trial number", "overall trial status"), Refusal(
        _WEBSITE.format("EU CTIS"), "fetch the same trials: `livingdrug trials sync --registry ctis --query ...`")),
    (("trialid", "public title"), _ICTRP),
    (("trialid", "last refreshed on"), _ICTRP),
    (("<trials downloaded from ictrp",), _ICTRP),
    (("eudract number:", "sponsor"), _EUCTR),
    (("eudract number:", "member state concerned"), _EUCTR),
    (("<clinical study",), _CLASSIC),
    (("<search results",), _CLASSIC),
    (("<!doctype html",), _PAGE),
    (("<html",), _PAGE),
)  # fmt: skip
"""(words in the beginning of a text, all of which must be there, what it then is); _ counts as a space"""


def refused(head: bytes) -> Refusal | None:
    """The refusal of a file that begins so; None for what may hold records."""
    for beginning, refusal in _BEGINNINGS:
        if head.startswith(beginning):
            return refusal
    if head.startswith((b"{", b"[", b'"{', b'"[')):
        return None
    small = head[:8192].decode("utf-8", "replace").lower().replace("_", " ")
    tagged = small.startswith("<")  # what a record of XML says of itself in words is no sign of another form
    forms = ((words, refusal) for words, refusal in _WORDS if words[0].startswith("<") == tagged)
    named = next((refusal for words, refusal in forms if all(w in small for w in words)), None)
    return named or (None if tagged else _no_record(head[:8192]))


def _no_record(head: bytes) -> Refusal | None:
    """The refusal of a text in which no value of JSON begins anywhere; None for what is no text, or too little."""
    if not head or re.search(rb"[{\[<\0-\x08\x0e-\x1f]", head):
        return None
    text = head.decode("utf-8", "replace")
    if _LIST.fullmatch(text):
        return _NUMBERS
    lines = [line for line in text.splitlines()[:3] if line.strip()]
    if len(lines) > 1 and any(2 <= 1 + lines[0].count(s) <= 2 + lines[1].count(s) for s in "\t;,|"):
        return _TABLE
    return _TEXT


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, stream of plain bytes) of a file, or of each member of an archive and of the archives in it.

    What stands beside the packed parts of a file comes as a member of its own, whose name ends in BESIDE. A fault is
    raised after all that could be read: OSError or another of DAMAGE.
    """
    with path.open("rb") as file:
        yield from _opened(path.name, file, 0)


def _opened(name: str, stream: Any, depth: int) -> Iterator[tuple[str, IO[bytes]]]:
    """What a stream holds, and then what stands beside its packed parts, and what was wrong with them."""
    layers = [stream] if isinstance(stream, Given) else []
    plain = io.BufferedReader(stream, _BUFFER)
    while len(layers) < DEEPEST and is_gzip(plain.peek(512)):
        layers.append(gunzipped(plain))
        plain = io.BufferedReader(layers[-1], _BUFFER)
    broken: Exception | None = None
    try:
        yield from _inside(name, plain, depth)
    except DAMAGE as error:
        broken = error
    left = LARGEST if layers else 0
    while left > 0 and (unasked := plain.read(2**20)):  # what nobody read shows its faults, too
        left -= len(unasked)
    for layer in layers:
        if layer.behind:
            yield from _opened(name + BESIDE, io.BytesIO(bytes(layer.behind)), depth + 1)
    if faults := [fault for layer in layers for fault in layer.faults]:
        raise Damaged("; ".join(dict.fromkeys(faults)))
    if broken:
        raise broken


def _inside(name: str, plain: io.BufferedReader, depth: int) -> Iterator[tuple[str, IO[bytes]]]:
    """A text as it is, or the members of an archive."""
    head = plain.peek(512)[:512]
    if depth > DEEPEST:
        raise OSError(f"archives within archives, more than {DEEPEST} deep, at {name}")
    if head[257:262] == b"ustar":
        kept = _Kept(plain)
        with tarfile.open(fileobj=kept, mode="r|") as tar:  # type: ignore[call-overload]
            for entry in tar:
                if entry.isfile() and not _hidden(entry.name) and (inner := tar.extractfile(entry)):
                    data, fault = _to_the_break(inner)
                    yield from _opened(entry.name, io.BytesIO(data), depth + 1)
                    if fault:
                        raise fault
        yield from _rest(name, kept.since(tar.offset) + plain.read(LARGEST), depth)
        return
    if head[:4] == b"PK\x03\x04":
        yield from _zipped(name, plain, depth)
        return
    if head.count(0) > len(head) // 4:  # two bytes a letter, of which one is nought
        for beginning, coding in _UTF16:
            if head.startswith(beginning):
                text = plain.read(LARGEST).decode(coding, "replace")
                yield name, io.BytesIO(text.encode("utf-8"))
                return
    yield name, plain


def _rest(name: str, data: bytes, depth: int) -> Iterator[tuple[str, IO[bytes]]]:
    """What stands before or behind an archive; noughts are padding."""
    if left := data.lstrip(b"\0"):
        yield from _opened(name + BESIDE, io.BytesIO(left), depth + 1)


class _Kept:
    """A stream that knows the last of what it gave: an archive is read in blocks that reach beyond its end."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream, self._given, self._last = stream, 0, b""

    def read(self, size: int) -> bytes:
        """So many bytes; fewer at the end."""
        data = self._stream.read(size)
        self._given += len(data)
        self._last = (self._last + data)[-4 * tarfile.RECORDSIZE :]
        return data

    def since(self, place: int) -> bytes:
        """What was given from a place on, counted from the beginning [bytes]."""
        return self._last[max(0, len(self._last) - (self._given - place)) :]


def _to_the_break(stream: IO[bytes]) -> tuple[bytes, Exception | None]:
    """All that a stream gives before it breaks off, and how it broke."""
    parts: list[bytes] = []
    size = 0
    try:
        while size < LARGEST and (part := stream.read(2**16)):
            parts.append(part)
            size += len(part)
    except DAMAGE as error:
        return b"".join(parts), error
    return b"".join(parts), None


def _zipped(name: str, plain: io.BufferedReader, depth: int) -> Iterator[tuple[str, IO[bytes]]]:
    if not plain.seekable():
        plain = io.BufferedReader(io.BytesIO(plain.read(LARGEST)))
    try:
        archive = zipfile.ZipFile(plain)
    except zipfile.BadZipFile:  # without its end, where the list of members stands
        plain.seek(0)
        found = 0
        for found, member in enumerate(_before_the_break(plain), 1):
            yield from _opened(f"member {found}", io.BytesIO(member), depth + 1)
        if found:
            plain.seek(0)
            if (behind := _behind_zip(plain.read(LARGEST))) is None:
                raise OSError("a zip archive without its end") from None
            yield from _rest(name, behind, depth)
            return
        plain.seek(0)
        yield name, plain
        return
    if "[Content_Types].xml" in archive.namelist():
        yield name, io.BytesIO(_OFFICE)  # refused by the name of what it is, not unpacked
        return
    faults: list[Damaged] = []
    for entry in archive.infolist():
        if entry.flag_bits & 1:
            yield entry.filename, io.BytesIO(_LOCKED)
        elif not entry.is_dir() and not _hidden(entry.filename):
            plainly = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            try:
                with zip_member(plain, entry) if plainly else archive.open(entry) as inner:
                    yield from _opened(entry.filename, inner, depth + 1)
            except DAMAGE as error:  # the other members are whole
                faults.append(Damaged(f"{entry.filename}: {error}"))
    plain.seek(0)
    yield from _rest(name, plain.read(min((e.header_offset for e in archive.infolist()), default=0)), depth)
    plain.seek(max(0, plain.seek(0, io.SEEK_END) - 2**17))  # its end stands in the last 64 KiB, or it is not found
    yield from _rest(name, _behind_zip(plain.read()) or b"", depth)
    if faults:
        raise Damaged("; ".join(map(str, faults[:3])) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else ""))


def _behind_zip(data: bytes) -> bytes | None:
    """What stands behind the end of a zip archive; None where the end is not there."""
    at = data.rfind(b"PK\x05\x06")
    return data[at + 22 + int.from_bytes(data[at + 20 : at + 22], "little") :] if at >= 0 else None


def _hidden(name: str) -> bool:
    """Whether a member is a system's own note: `__MACOSX/...`, `.DS_Store`, `._x`."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _before_the_break(stream: IO[bytes]) -> Iterator[bytes]:
    """The members of a zip archive, one after the other, by what stands before each; the last may break off."""
    data = memoryview(stream.read(LARGEST))
    at = 0
    while data[at : at + 4] == b"PK\x03\x04" and at + 30 <= len(data):
        flags, method, size, name, extra = struct.unpack_from("<2xHH8xI4xHH", data, at + 4)
        at += 30 + name + extra
        if method == zipfile.ZIP_STORED and not flags & 9:
            yield bytes(data[at : at + size])
            at += size
            continue
        if method != zipfile.ZIP_DEFLATED or flags & 1:
            return
        unpacker, made = zlib.decompressobj(-zlib.MAX_WBITS), io.BytesIO()
        while not unpacker.eof and at < len(data) and made.tell() < LARGEST:
            piece = data[at : at + 2**16]
            made.write(unpacker.decompress(piece))
            at += len(piece) - len(unpacker.unused_data)
        yield made.getvalue()
        if not unpacker.eof:
            return
        if flags & 8:  # its sizes stand behind it
            at += 16 if data[at : at + 4] == b"PK\x07\x08" else 12
