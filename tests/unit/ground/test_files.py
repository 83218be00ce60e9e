"""A file is whole or absent: a full disk, a broken writer or a taken name leave nothing behind."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from livingdrug.errors import ScenarioError
from livingdrug.files import alone, mask, whole_file, write_text


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.fixture(params=[errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def refused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Every text is refused by the disk after its first letters."""
    real = Path.write_text

    def write(self: Path, data: str, *more: Any, **named: Any) -> int:
        real(self, data[:3])
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(Path, "write_text", write)
    return int(request.param)


@pytest.mark.parametrize("new", [True, False])
def test_a_full_disk_leaves_nothing_and_is_named(tmp_path: Path, refused: int, new: bool) -> None:
    with pytest.raises(ScenarioError, match="mine.toml' cannot be written") as problem:
        write_text(tmp_path / "mine.toml", "a = 1", new=new)
    assert os.strerror(refused) in problem.value.what and left(tmp_path) == []


def test_an_earlier_file_survives_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("years of work", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:

        def write(self: Path, *a: Any, **b: Any) -> None:
            raise OSError(errno.ENOSPC, "full")

        patch.setattr(Path, "write_text", write)
        with pytest.raises(ScenarioError):
            write_text(tmp_path / "mine", "new")
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "years of work" and left(tmp_path) == ["mine"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError, MemoryError])
def test_a_writer_that_breaks_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    with pytest.raises(failure), whole_file(tmp_path / "plot.svg") as part:
        part.write_text("half", encoding="utf-8")
        raise failure
    assert left(tmp_path) == []


def test_it_is_written_with_its_ending_and_the_usual_permissions(tmp_path: Path) -> None:
    with whole_file(tmp_path / "plot.svg") as part:
        assert part.suffix == ".svg" and not (tmp_path / "plot.svg").exists()
        part.write_text("x", encoding="utf-8")
    assert left(tmp_path) == ["plot.svg"]
    assert stat.S_IMODE((tmp_path / "plot.svg").stat().st_mode) == 0o666 & ~mask()


def test_permissions_and_links_of_an_earlier_file_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink() and real.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.parametrize("taken", ["file", "folder", "link to nowhere"])
def test_a_taken_name_is_left_alone(tmp_path: Path, taken: str) -> None:
    path = tmp_path / "mine"
    if taken == "file":
        path.write_text("x", encoding="utf-8")
    elif taken == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ScenarioError, match="there already|a folder"):
        write_text(path, "y", new=True)
    assert left(tmp_path) == ["mine"] and not (tmp_path / "nowhere").exists()


def test_somebody_else_takes_the_name_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there already"), whole_file(tmp_path / "mine", new=True) as part:
        part.write_text("ours", encoding="utf-8")
        (tmp_path / "mine").write_text("theirs", encoding="utf-8")
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "theirs" and left(tmp_path) == ["mine"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be written"):
        write_text(tmp_path / "no" / "mine", "x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_disk_that_is_always_full() -> None:
    before = os.stat("/dev/full").st_mode
    with pytest.raises(ScenarioError, match="'/dev/full' cannot be written: No space left"):
        write_text("/dev/full", "x" * 100)
    assert os.stat("/dev/full").st_mode == before


def test_a_pipe_is_written_to_as_it_stands(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text(encoding="utf-8")))
    reader.start()
    write_text(tmp_path / "pipe", "through")
    reader.join(300)
    assert heard == ["through"]


def test_a_file_is_made_by_one_at_a_time(tmp_path: Path) -> None:
    there: list[int] = []

    def make() -> None:
        with alone(tmp_path / "made"):
            there.append(1)
            time.sleep(0.02)
            there.append(-1)

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert there == [1, -1] * 3
    with alone(tmp_path / "made"), alone(tmp_path / "made", longest=0.0):
        pass  # waited for long enough
