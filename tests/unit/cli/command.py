"""Run a command in this process, as a user would in a shell."""

from __future__ import annotations

import signal
from typing import NamedTuple

import pytest

from livingdrug.cli import main


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def command(capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """Exit code, standard output and standard error of `livingdrug WORDS`."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(list(words))
    shown = capsys.readouterr()
    return Said(int(left.value.code or 0), shown.out, shown.err)


def heard() -> None:
    """A process that starts hears Ctrl-C again, which one started in the background of a shell script would not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
