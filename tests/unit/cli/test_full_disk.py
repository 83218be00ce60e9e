"""A disk that fills up in the middle of a run: nothing is left, an earlier run stays, the folder is named."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from livingdrug.cli.folder import run_folder
from livingdrug.errors import ScenarioError
from unit.cli.command import command

WRITERS = ["write_text", "write_table"]


def full(*a: object, **b: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("writer", WRITERS)
def test_a_run_on_a_full_disk(tmp_path, monkeypatch, capsys, writer: str) -> None:
    from pyarrow.parquet import ParquetWriter

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path if writer == "write_text" else ParquetWriter, writer, full)
    said = command(capsys, "run", "eliana", "--patients", "3", "--out", "here")
    assert said.code == 2 and "here" in said.err and "No space left" in said.err and ".part" not in said.err
    assert "Traceback" not in said.err and list(tmp_path.iterdir()) == []


def test_the_temporary_name_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as problem, run_folder(tmp_path / "mine") as part:
        raise ScenarioError(f"'{part}/x' cannot be written", where=str(part))
    assert str(tmp_path / "mine") in problem.value.message and ".part" not in problem.value.message
    assert list(tmp_path.iterdir()) == []
