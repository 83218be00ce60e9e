"""A scenario in a link: what went in comes out, and what is damaged is told."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import ScenarioError
from livingdrug.scenario import link
from livingdrug.spec.scenario import MOST_PATIENTS, MOST_SEED

TEXT = 'trial = "eliana"\n\n[set]\n"dose.factor" = 0.5\n'
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300).filter(lambda t: ".toml" not in t.lower())


def packed(body: bytes, version: int = link.VERSION, check: int | None = None) -> str:
    """A piece made by hand, as a stranger would."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = packer.compress(body) + packer.flush()
    head = bytes([version]) + (zlib.crc32(body) if check is None else check).to_bytes(4, "big")
    return base64.urlsafe_b64encode(head + raw).rstrip(b"=").decode()


@given(
    TEXTS,
    st.none() | st.integers(1, MOST_PATIENTS),
    st.none() | st.integers(0, MOST_SEED - 1),
)
def test_what_goes_in_comes_out(text: str, patients: int | None, seed: int | None) -> None:
    try:
        found = link.decode(link.encode(text, patients, seed))
    except ScenarioError as problem:  # only a text that names a file of this machine
        assert "cohort" in text or any(x in text for x in (".csv", ".py")), problem
        return
    assert (found.text, found.patients, found.seed) == (text, patients, seed)


@given(st.data())
def test_a_damaged_link_never_says_something_else(data: st.DataObject) -> None:
    piece = link.encode(TEXT, 200, 3)
    place = data.draw(st.integers(0, len(piece) - 1))
    kind = data.draw(st.sampled_from(["other", "lost", "more"]))
    letter = data.draw(st.sampled_from("ABCxyz019-_%./ é\n"))
    changed = {"other": piece[:place] + letter + piece[place + 1 :], "lost": piece[:place] + piece[place + 1 :],
               "more": piece[:place] + letter + piece[place:]}[kind]  # fmt: skip
    if changed == piece:
        return
    with pytest.raises(ScenarioError) as problem:
        link.decode(changed)
    assert problem.value.mend


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode().rstrip("=")))
def test_any_text_for_a_link_is_answered(piece: str) -> None:
    try:
        link.decode(piece)
    except ScenarioError as problem:
        assert "link" in problem.what


def test_a_link_that_unpacks_to_much_is_refused_without_unpacking_it() -> None:
    bomb = packed(b" " * 30_000_000)
    assert len(bomb) > link.LONGEST or link.LARGEST < 30_000_000
    with pytest.raises(ScenarioError, match="too much|too long"):
        link.decode(bomb)
    with pytest.raises(ScenarioError, match="too long"):
        link.decode("A" * (link.LONGEST + 1))


def test_a_scenario_too_long_for_a_link_is_told() -> None:
    with pytest.raises(ScenarioError, match="too long for a link"):
        link.encode("# " + "x" * (link.LARGEST + 1))


def test_versions_and_kinds_are_told() -> None:
    with pytest.raises(ScenarioError, match="version 9"):
        link.decode(packed(b"{}", version=9))
    for body in (b"[]", b"{}", b'{"toml": 3}', b'{"toml": "", "more": 1}', b"not json", b'{"toml": "\xff"}'):
        with pytest.raises(ScenarioError, match="damaged"):
            link.decode(packed(body))
    with pytest.raises(ScenarioError, match="whole numbers|asks for"):
        link.decode(packed(json.dumps({"toml": TEXT, "patients": "200"}).encode()))
    with pytest.raises(ScenarioError, match="patients"):
        link.decode(packed(json.dumps({"toml": TEXT, "patients": 0}).encode()))


@pytest.mark.parametrize(
    "text",
    [
        'trial = "/etc/other.toml"',
        'trial = "eliana"\nproduct = "mine.toml"',
        'trial = "eliana"\n[population]\nbase = "../x.toml"',
        'trial = "eliana"\n[cohort]\nfile = "people"',
        'trial = "eliana"\n[set]\n"cohort.file" = "people"',
        'trial = "eliana"\n[set.cohort]\nfile = "people"',
        'trial = "eliana"\nalso_graded = ["a.TOML"]',
        'trial = "eliana"\n[[arm]]\nname = "a"\n[arm.set]\nproduct = "x.toml"',
    ],
)
def test_a_link_names_no_file_of_this_machine(text: str) -> None:
    with pytest.raises(ScenarioError, match="names a file|brings no patients"):
        link.decode(link.encode(text))


@pytest.mark.parametrize(
    ("address", "piece"),
    [
        ("http://127.0.0.1:8000/virtual/s/AbC", "AbC"),
        ("https://example.org/virtual/s/AbC/?x=1#y", "AbC"),
        ("/virtual/s/AbC", "AbC"),
        ("http://h/virtual/s/", ""),
        ("eliana", None),
        ("runs/virtual/s/mine.toml", None),
        ("http://[/virtual/s/x", None),
    ],
)
def test_a_link_is_told_from_a_file(address: str, piece: str | None) -> None:
    assert link.of_address(address) == piece


def test_a_message_about_a_link_names_no_folder_of_this_machine() -> None:
    sent = link.decode(link.encode('trial = "eliana"\n[set]\n"kinetics.grwth" = 1\n'))
    from livingdrug.scenario import resolve

    with pytest.raises(ScenarioError) as problem, sent.file() as path:
        resolve(path)
    assert problem.value.where == "scenario.toml:3"
    assert "/tmp" not in str(problem.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"toml": "trial = \\"eliana\\"", "patients": 5, "patients": 6}',
        b'{"toml": "title = \\"\\ud800\\""}',
    ],
)
def test_a_link_says_each_thing_once_in_whole_characters(body: bytes) -> None:
    with pytest.raises(ScenarioError, match="damaged"):
        link.decode(packed(body))
