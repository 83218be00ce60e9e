"""A scenario as a piece of an address, so that a run is shared by its link; nothing is looked up to read it.

The piece is base64 (RFC 4648, the alphabet for addresses, without padding) of: one byte of version, four of CRC-32 of
what follows unpacked, and raw deflate of a JSON object {toml, patients, seed}.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from livingdrug.errors import LivingDrugError, ScenarioError, short
from livingdrug.library.located import Place, placed
from livingdrug.scenario.alone import alone
from livingdrug.spec.scenario import outer

VERSION = 1
PATH = "/virtual/s/"
FILE = "scenario.toml"
LONGEST = 24_000  # characters of a link's piece
LARGEST = 128 * 1024  # bytes of what it unpacks to
HALF = re.compile("[\ud800-\udfff]")  # of a character, which no file can hold
_HEAD = 5  # bytes before the packed part
_MEND = "copy the whole link again, or ask for the scenario as a file"


@dataclass(frozen=True)
class Shared:
    """What a link carries: a scenario as TOML, and how many patients from which seed, where the sender chose them."""

    text: str
    patients: int | None = None
    seed: int | None = None

    @contextmanager
    def file(self) -> Iterator[Path]:
        """The scenario as a file, for as long as it is needed; errors name it without its temporary folder."""
        with TemporaryDirectory(prefix="livingdrug-link-") as folder:
            path = Path(folder) / FILE
            path.write_bytes(self.text.encode("utf-8", "replace"))
            try:
                yield path
            except LivingDrugError as problem:
                problem.where = problem.where and problem.where.replace(f"{folder}/", "").replace(f"{path}", FILE)
                problem.args = (problem.message,)
                raise


def encode(text: str, patients: int | None = None, seed: int | None = None) -> str:
    """The piece of an address that carries a scenario. ScenarioError for one too long to be shared so.

    >>> from livingdrug.scenario.link import decode, encode
    >>> decode(encode('trial = "eliana"', patients=200)).patients
    200
    """
    said = {"toml": text, "patients": patients, "seed": seed}
    body = json.dumps({k: x for k, x in said.items() if x is not None}, ensure_ascii=False).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(body) + packer.flush()
    piece = _written(bytes([VERSION]) + zlib.crc32(body).to_bytes(4, "big") + packed)
    if len(piece) > LONGEST or len(body) > LARGEST:
        said_ = f"the scenario is too long for a link ({len(text):,} characters)"
        raise ScenarioError(said_, allowed=f"{LONGEST:,} characters, packed", mend="share it as a file")
    return piece


def decode(piece: str) -> Shared:
    """The scenario that a piece carries. ScenarioError for one that is damaged, too long, or of a newer version."""
    if len(piece) > LONGEST:
        raise ScenarioError("the link is too long", "the link", f"{LONGEST:,} characters", mend=_MEND)
    raw = _read(piece)
    if raw[0] != VERSION:
        said = f"the link is of version {raw[0]}, which this livingdrug does not know"
        raise ScenarioError(
            said, "the link", f"version {VERSION}", mend="use a newer livingdrug, or copy the link again"
        )
    body = _unpacked(raw[_HEAD:])
    if zlib.crc32(body) != int.from_bytes(raw[1:_HEAD], "big"):
        raise _damaged()
    return _shared(body)


def of_address(address: str) -> str | None:
    """The piece that a whole link, or its path, carries; None for what is no link of this kind.

    >>> from livingdrug.scenario.link import of_address
    >>> of_address("http://127.0.0.1:8000/virtual/s/AbC?x=1")
    'AbC'
    """
    try:
        path = urlsplit(address.strip()).path
    except ValueError:
        return None
    before, here, after = path.partition(PATH)
    return after.strip("/") if here and ("://" in address or not before) else None


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _read(piece: str) -> bytes:
    """The bytes of a piece, which has one way of being written only."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", piece):
        try:
            raw = base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))
        except binascii.Error:
            raise _damaged() from None
        if len(raw) > _HEAD and _written(raw) == piece:
            return raw
    raise _damaged()


def _unpacked(packed: bytes) -> bytes:
    """Raw deflate, never more than LARGEST bytes of it."""
    unpacker = zlib.decompressobj(-15)
    try:
        body = unpacker.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise _damaged() from None
    if len(body) > LARGEST:
        raise ScenarioError("the link unpacks to too much", "the link", f"{LARGEST // 1024} kB", mend=_MEND)
    if not unpacker.eof or unpacker.unused_data:
        raise _damaged()
    return body


def _shared(body: bytes) -> Shared:
    """What the unpacked object says, each part of its kind; it may name nothing outside the library."""
    try:
        said: Any = json.loads(body, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise _damaged() from None
    if (
        not isinstance(said, Mapping)
        or not isinstance(said.get("toml"), str)
        or set(said) - {"toml", "patients", "seed"}
        or HALF.search(said["toml"])
    ):
        raise _damaged()
    numbers = {k: said[k] for k in ("patients", "seed") if k in said}
    if any(isinstance(x, bool) or not isinstance(x, int) for x in numbers.values()):
        raise ScenarioError(f"the link asks for {short(numbers)}", "the link", "whole numbers", mend=_MEND)
    outer(placed(numbers, Place("the link")))
    alone(said["toml"])
    return Shared(said["toml"], **numbers)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object each of whose words stands once; ValueError for one that says a word twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"'{twice[:60]}' stands twice")
    return found


def _damaged() -> ScenarioError:
    return ScenarioError("the link is damaged", "the link", mend=_MEND)
