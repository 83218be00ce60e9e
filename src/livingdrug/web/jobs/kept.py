"""Results on disk: where each lies, how much room all of them take, and which are cleared first."""

from __future__ import annotations

import shutil
from pathlib import Path

from livingdrug.web.jobs.records import RESULTS, Records

PAGE = "page.html"  # what the page of a run says, as it is written
FEW = 200  # jobs without a result that are remembered


def place(home: Path, key: str) -> Path:
    """The folder of a result."""
    return home / RESULTS / key


def size(folder: Path) -> int:
    """What a folder holds [byte]."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def settle(home: Path, key: str, made: Path, text: str) -> int:
    """Puts a result that was made elsewhere on the same disk in its place, whole, with what its page says where that
    was written beside it (PAGE); its size [byte]."""
    into = place(home, key)
    into.parent.mkdir(exist_ok=True)
    remove(home, key)
    (made.parent / "result.json").write_text(text, encoding="utf-8")
    beside = {"result.json": ".json", PAGE: ".html"}
    for name, end in beside.items():
        if (made.parent / name).exists():
            (made.parent / name).replace(into.with_suffix(end))
    made.rename(into)
    return size(into) + sum(x.stat().st_size for end in beside.values() if (x := into.with_suffix(end)).exists())


def remove(home: Path, key: str) -> None:
    """Removes a result, if it is there."""
    into = place(home, key)
    for end in (".json", ".html"):
        into.with_suffix(end).unlink(missing_ok=True)
    shutil.rmtree(into, ignore_errors=True)


def clear(home: Path, records: Records, most: int) -> list[str]:
    """Clears the oldest results until the others take no more than `most` bytes; the newest always stays."""
    ended = records.ended()
    results = [(key, held) for key, state, held in ended if state == "done"]
    others = [key for key, state, _ in ended if state != "done"]
    gone, room = others[:-FEW], sum(held for _, held in results)
    for key, held in results[:-1]:
        if room <= most:
            break
        gone.append(key)
        room -= held
    records.forget(gone)
    for key in gone:
        remove(home, key)
    return gone
