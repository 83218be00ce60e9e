"""No command may be missing from the page of commands, and the page may name no command that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livingdrug.cli import GROUPS, commands

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def tree(command, name: str):
    """Every command as the words a user types."""
    yield name, command
    for word, inner in getattr(command, "commands", {}).items():
        yield from tree(inner, f"{name} {word}".strip())


def all_commands():
    import typer.main

    return [(name, c) for name, c in tree(typer.main.get_command(commands()), "") if name]


@pytest.mark.parametrize("name", [name for name, _ in all_commands() if " " not in name])
def test_every_command_is_on_the_page(name):
    assert f"`livingdrug {name}" in PAGE


def test_the_page_names_no_command_that_is_not_there():
    named = set(re.findall(r"`livingdrug ([a-z]+)", PAGE))
    assert named - {name for name, _ in all_commands()} - set(GROUPS) == set()


@pytest.mark.parametrize("name, command", all_commands(), ids=[name for name, _ in all_commands()])
def test_every_command_and_option_says_what_it_is(name, command):
    assert command.help, f"livingdrug {name} has no help"
    for option in command.params:
        said = getattr(option, "help", None) or option.metavar
        assert said or option.name == "help", f"livingdrug {name}: {option.name} has no help"


def test_every_kind_is_in_the_help_and_on_the_page():
    from livingdrug.cli.templates import KINDS
    from livingdrug.spec.json_schema import KINDS as SCHEMAS

    known = dict(all_commands())
    for name, kinds in (("new", KINDS), ("schema", SCHEMAS)):
        said = next(p.help for p in known[name].params if p.name == "kind")
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `livingdrug {name} KIND"))
        assert {k for k in kinds for text in (said, row) if not re.search(rf"\b{k}\b", text)} == set(), name


def test_every_option_of_run_is_on_the_page():
    run = dict(all_commands())["run"]
    for option in run.params:
        for flag in option.opts:
            if flag.startswith("--") and flag != "--help":
                assert f"`{flag}" in PAGE, flag
