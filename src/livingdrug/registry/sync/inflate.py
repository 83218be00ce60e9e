"""What is packed with deflate (gzip, members of zip), given to the last byte that can be read.

The readers of the standard library give nothing of a small file whose end is damaged, or behind which something else
stands. Here all that can be unpacked comes first, and what was wrong is known afterwards.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

_PIECE = 2**16
_MEMBER = b"\x1f\x8b\x08"
"""How a member of a gzip file begins: its mark, and deflate as the way of packing"""

_KEPT = 2**24
"""Of what stands behind the end so much is kept [bytes]"""

_GZIP, _BARE = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS
"""What zlib calls deflate with the head and sum of gzip, and without"""


class Given(io.RawIOBase):
    """A stream of pieces that come one after the other, and what was wrong with them."""

    def __init__(self, pieces: Callable[[Given], Iterator[bytes]]) -> None:
        self.faults: list[str] = []
        """what is damaged; known once all is read"""
        self.behind = bytearray()
        """what stands between and behind the packed parts, and is no padding; at most 16 MiB of it"""
        self._pieces, self._left = pieces(self), memoryview(b"")

    def readable(self) -> bool:
        """Streams of this kind are only read."""
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        """Fills a buffer with what comes next; 0 at the end."""
        while not self._left:
            if (piece := next(self._pieces, None)) is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(into), len(self._left))
        into[:size], self._left = self._left[:size], self._left[size:]
        return size

    def left_out(self, skipped: bytes) -> None:
        """Keeps what is in no packed part; noughts are padding."""
        if skipped.strip(b"\0"):
            self.behind += skipped[: _KEPT - len(self.behind)]


class _Source:
    """A stream from which a piece that was taken can be put back."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read, self._held = read, b""

    def take(self) -> bytes:
        """The next piece; empty at the end."""
        held, self._held = self._held, b""
        return held or self._read(_PIECE)

    def put_back(self, data: bytes) -> None:
        """What is taken next."""
        self._held = data + self._held

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        self._held = self._held or self._read(_PIECE)
        return not self._held

    def begins(self, mark: bytes) -> bool:
        """Whether what comes next begins so."""
        while len(self._held) < len(mark) and (more := self._read(_PIECE)):
            self._held += more
        return self._held.startswith(mark)

    def skipped_to(self, mark: bytes) -> Iterator[bytes]:
        """What stands before the next place that begins so; all that is left where none does."""
        data = self.take()
        while (at := data.find(mark)) < 0 and (more := self._read(_PIECE)):
            yield data[: 1 - len(mark)]
            data = data[1 - len(mark) :] + more
        yield data[:at] if at >= 0 else data
        self._held = data[at:] if at >= 0 else b""


def is_gzip(beginning: bytes) -> bool:
    """Whether the beginning of a file can be unpacked: two bytes by chance do not make it gzip."""
    if not beginning.startswith(_MEMBER):
        return False
    try:
        zlib.decompressobj(_GZIP).decompress(beginning, 1)
    except zlib.error:
        return False
    return True


def gunzipped(packed: io.BufferedReader) -> Given:
    """The members of a gzip file, one behind the other; a damaged one costs no other."""

    def pieces(given: Given) -> Iterator[bytes]:
        source = _Source(packed.read)
        while not source.ended:
            if not source.begins(_MEMBER):
                for skipped in source.skipped_to(_MEMBER):
                    given.left_out(skipped)
            elif not (yield from _inflated(_GZIP, source, given)):
                for _ in source.skipped_to(_MEMBER):  # where the damage lies
                    pass

    return Given(pieces)


def zip_member(packed: io.BufferedReader, entry: zipfile.ZipInfo) -> Given:
    """A member of a zip archive that is stored, or packed with deflate."""

    def pieces(given: Given) -> Iterator[bytes]:
        packed.seek(entry.header_offset)
        head = packed.read(30)
        at = entry.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        left = entry.compress_size

        def read(size: int) -> bytes:
            nonlocal at, left
            packed.seek(at)  # others may have read elsewhere meanwhile
            data = packed.read(min(size, left))
            at, left = at + len(data), left - len(data)
            return data

        if entry.compress_type == zipfile.ZIP_STORED:
            found: Iterator[bytes] = iter(lambda: read(_PIECE), b"")
        else:
            found = _inflated(_BARE, _Source(read), given)
        checksum = 0
        for piece in found:
            checksum = zlib.crc32(piece, checksum)
            yield piece
        if checksum != entry.CRC and not given.faults:
            given.faults.append("its checksum does not fit: what was read of it may be altered")

    return Given(pieces)


def _inflated(form: int, source: _Source, given: Given) -> Generator[bytes, None, bool]:
    """What one packed part holds, to the last byte before a fault; whether it is whole."""
    unpacker = zlib.decompressobj(form)
    while piece := source.take():
        before = unpacker.copy()
        try:
            made = unpacker.decompress(piece)
        except zlib.error as error:
            yield from _to_the_fault(before, piece)
            given.faults.append(f"it is damaged ({error})")
            source.put_back(piece[1:])
            return False
        yield made
        if unpacker.eof:
            source.put_back(unpacker.unused_data)
            return True
    given.faults.append("it breaks off")
    return False


def _to_the_fault(unpacker: Any, piece: bytes) -> Iterator[bytes]:
    """What can be unpacked of a piece that is damaged somewhere."""
    with suppress(zlib.error):
        for n in range(len(piece)):
            yield unpacker.decompress(piece[n : n + 1])
