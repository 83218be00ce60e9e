"""The text of an explainer: Markdown with claims, explained words, figures and lists of trials.

`[text]{claim=ID}` is a claim; `[T cells](word:t-cell)` an explained word; `## Heading {#id}`; on lines of their own
`::figure NAME::`, `::still NAME::`, `::trials NAME::`, `::icons NAME::`, `::approvals::`; a note stands between
`::: note` and `:::`. HTML in the text is shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from livingdrug.errors import ScenarioError, unknown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

PLACED = ("figure", "still", "trials", "icons", "approvals")
"""What may stand on a line of its own."""

_PLACED = re.compile(r"^::\s*([a-z]+)(?:\s+([a-z0-9-]+))?\s*::\s*$")
_NOTE = re.compile(r"^:::\s*([a-z]*)\s*$")
_CLAIM = re.compile(r"\{claim=([A-Za-z0-9_-]+)\}")
_HEADING = re.compile(r"\s*\{#([a-z0-9-]+)\}\s*$")
_HREF = re.compile(r"^(?:word:[a-z0-9-]+|/[^/\s]\S*|/|#\S+|https://\S+)$")


@dataclass(frozen=True)
class Piece:
    """A part of the page: HTML (`kind` "html"), or something placed, by its name."""

    kind: str
    what: str


@dataclass(frozen=True)
class Sentence:
    """A sentence as it is read, without marks; bare: the same without its claims. line: where its block begins."""

    text: str
    bare: str
    line: int
    note: bool = False


class Text:
    """The text of one page. heads: (id, title); uses: kind -> (key, line) of each claim, word and placed thing."""

    def __init__(self, source: str, where: str) -> None:
        self.source, self.where = source, where
        self.tokens = _markdown().parse(source)
        self.heads = tuple(_heads(self.tokens, where))
        self.uses = _uses(self.tokens, where)
        _apart(self, where)
        _nothing_left(self.tokens, where)

    def pieces(self, mark: Callable[[str], str], tie: Callable[[str], str] | None = None) -> list[Piece]:
        """The page in pieces. mark: the HTML that stands behind a claim, by its key; tie: names that do not break, in
        text that is escaped already."""
        found: list[Piece] = []
        chunk: list[Token] = []

        def flush() -> None:
            if chunk:
                env = {"mark": mark, "tie": tie or str}
                found.append(Piece("html", _markdown().renderer.render(chunk, _markdown().options, env)))
                chunk.clear()

        for token in self.tokens:
            if token.type == "placed":
                flush()
                found.append(Piece(token.info, token.content))
            else:
                chunk.append(token)
        flush()
        return found

    @property
    def claims(self) -> tuple[str, ...]:
        """The keys of the claims, each once, in the order of the text."""
        return tuple(dict.fromkeys(key for key, _ in self.uses["claim"]))

    @property
    def words(self) -> tuple[str, ...]:
        """The keys of the explained words, each once, in the order of the text."""
        return tuple(dict.fromkeys(key for key, _ in self.uses["word"]))

    @property
    def sentences(self) -> list[Sentence]:
        """Every sentence of paragraphs, lists and notes, in order; an item of a list ends a sentence; headings do not
        count."""
        found: list[Sentence] = []
        heading = depth = 0
        for token in self.tokens:
            heading += {"heading_open": 1, "heading_close": -1}.get(token.type, 0)
            depth += {"note_open": 1, "note_close": -1}.get(token.type, 0)
            if token.type == "inline" and not heading:
                found += _sentences(token, (token.map or [0])[0] + 1, depth > 0)
        return found

    @property
    def prose(self) -> str:
        """The sentences as one text."""
        return " ".join(s.text for s in self.sentences)


_INSIDE = "\N{NULL}"
"""Stands before and behind each claim while sentences are cut; no text holds it."""
_END = re.compile(r"(?<=[.!?])(?=\N{NULL}?[\s\N{NULL}]*(?:\s+\N{NULL}?[\"“(]?[A-Z0-9]|$))")


def _sentences(token: Token, line: int, note: bool) -> Iterator[Sentence]:
    """The sentences of one block. A claim may hold one sentence or a part of it."""
    text, depth = "", 0
    for child in token.children or ():
        if child.type in ("claim_open", "claim_close"):
            text += _INSIDE
        elif child.type in ("text", "code_inline"):
            text += child.content
        elif child.type in ("softbreak", "hardbreak"):
            text += " "
    for part in _END.split(text):
        inside = depth % 2
        depth += part.count(_INSIDE)
        pieces = part.split(_INSIDE)
        bare = " ".join(p for i, p in enumerate(pieces) if (i + inside) % 2 == 0)
        whole = re.sub(r"\s+", " ", "".join(pieces)).strip()
        if whole:
            yield Sentence(whole if whole[-1] in ".!?" else f"{whole}.", re.sub(r"\s+", " ", bare).strip(), line, note)


def _heads(tokens: Sequence[Token], where: str) -> Iterator[tuple[str, str]]:
    """(id, title) of each second heading; ScenarioError for one without an id, or an id that stands twice."""
    seen = set[str]()
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type != "heading_open" or token.tag != "h2":
            continue
        key, title = str(token.attrs.get("id", "")), inline.content
        at = f"{where}:{(token.map or [0])[0] + 1}"
        if not key:
            raise ScenarioError(f"the heading '{title}' has no id", where=at, mend=f"write ## {title} {{#an-id}}")
        if key in seen:
            raise ScenarioError(f"two headings have the id '{key}'", where=at, mend="give each its own")
        seen.add(key)
        yield key, title


TAKEN = ("main", "questions", "checks", "sources", "words", "hint")
"""Ids that every page has already."""


def _apart(text: Text, where: str) -> None:
    """No heading has the id of something placed, which goes by its name; nothing is placed twice."""
    placed = [(key, line) for kind in PLACED if kind != "approvals" for key, line in text.uses[kind]]
    names = {key for kind in ("figure", "still") for key, _ in text.uses[kind]}
    for key, title in text.heads:
        if key in names or key in TAKEN:
            said = f"the heading '{title}' has the id '{key}', which is taken"
            raise ScenarioError(said, where=where, mend="give it another id")
    for n, (key, line) in enumerate(placed):
        if key in {k for k, _ in placed[:n]} and key in names:
            raise ScenarioError(f"'{key}' stands twice", where=f"{where}:{line}", mend="place it once")


_MARK = re.compile(r"::|\]\{|\bclaim=|\{#|\bword:|\]\((?=https?:|/|#)")
"""What only a mark is written with: where it stands in the text, the mark was not understood."""


def _nothing_left(tokens: Sequence[Token], where: str) -> None:
    """ScenarioError for a mark that would stand on the page as text, and for an empty text."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "text" and (found := _MARK.search(child.content)):
                line = (token.map or [0])[0] + 1
                rest = child.content[found.start() :][:40]
                mend = "see docs/explainers.md for how each is written; in `code` it may stand"
                raise ScenarioError(f"'{rest}' is no mark of a page", where=f"{where}:{line}", allowed=MARKS, mend=mend)
    if not tokens:
        raise ScenarioError("the page says nothing", where=where, mend="write its text, or take both its files away")


MARKS = "[text]{claim=ID}, [word](word:KEY), ## Heading {#id}, ::figure NAME:: and its like alone on a line, ::: note"


def _uses(tokens: Sequence[Token], where: str) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {kind: [] for kind in ("claim", "word", *PLACED)}
    for token in tokens:
        line = (token.map or [0])[0] + 1
        if token.type == "placed":
            if token.info not in PLACED:
                raise unknown("thing to place", token.info, PLACED, f"{where}:{line}")
            if not token.content and token.info != "approvals":
                said = f"'::{token.info}::' does not say which"
                raise ScenarioError(said, where=f"{where}:{line}", mend=f"write ::{token.info} NAME::")
            found[token.info].append((token.content, line))
        for child in token.children or ():
            if child.type == "claim_open":
                found["claim"].append((child.info, line))
            elif child.type == "link_open":
                href = str(child.attrs.get("href", ""))
                if not _HREF.match(href):
                    allowed = "word:KEY, a page of this site, #id, or https://..."
                    raise ScenarioError(f"the link '{href}' leads nowhere", where=f"{where}:{line}", allowed=allowed)
                if href.startswith("word:"):
                    found["word"].append((href.removeprefix("word:"), line))
    return found


@cache
def _markdown() -> MarkdownIt:
    """The parser: CommonMark without HTML, and the few marks of our own."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "typographer": False})
    made.disable(["image", "html_inline", "html_block", "autolink", "entity"])
    made.block.ruler.before("paragraph", "placed", _placed, {"alt": ["paragraph", "list"]})
    made.block.ruler.before("placed", "note", _note, {"alt": ["paragraph", "list"]})
    made.inline.ruler.before("link", "claim", _claim)
    made.core.ruler.after("block", "heading_id", _heading_ids)
    for name, rule in {
        "claim_open": _render_claim_open,
        "claim_close": _render_claim_close,
        "link_open": _render_link,
        "text": _render_text,
        "note_open": lambda *_: '<div class="note small">\n',
        "note_close": lambda *_: "</div>\n",
    }.items():
        made.renderer.rules[name] = rule  # type: ignore[attr-defined]
    return made


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _placed(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    match = _PLACED.match(_line(state, start))
    if not match:
        return False
    if not silent:
        token = state.push("placed", "", 0)
        token.info, token.content, token.map = match[1], match[2] or "", [start, start + 1]
        state.line = start + 1
    return True


def _note(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    match = _NOTE.match(_line(state, start))
    if not match or match[1] != "note":
        return False
    if silent:
        return True
    last = next((n for n in range(start + 1, end) if (m := _NOTE.match(_line(state, n))) and not m[1]), None)
    if last is None:
        return False
    token = state.push("note_open", "div", 1)
    token.map = [start, last + 1]
    before, state.lineMax = state.lineMax, last
    state.md.block.tokenize(state, start + 1, last)
    state.lineMax = before
    state.push("note_close", "div", -1)
    state.line = last + 1
    return True


def _claim(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[":
        return False
    last = state.md.helpers.parseLinkLabel(state, state.pos)
    match = _CLAIM.match(state.src, last + 1) if last >= 0 else None
    if not match:
        return False
    if not silent:
        before, most = state.pos, state.posMax
        state.pos, state.posMax = before + 1, last
        state.push("claim_open", "", 1).info = match[1]
        state.md.inline.tokenize(state)
        state.push("claim_close", "", -1).info = match[1]
        state.posMax = most
    state.pos = match.end()
    return True


def _heading_ids(state: StateCore) -> None:
    for token, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type == "heading_open" and (match := _HEADING.search(inline.content)):
            token.attrs["id"] = match[1]
            inline.content = inline.content[: match.start()]


def _render_claim_open(tokens: Sequence[Token], at: int, options: object, env: dict) -> str:
    return ""


def _render_claim_close(tokens: Sequence[Token], at: int, options: object, env: dict) -> str:
    return env["mark"](tokens[at].info)


def _render_link(tokens: Sequence[Token], at: int, options: object, env: dict) -> str:
    from markdown_it.common.utils import escapeHtml

    href = str(tokens[at].attrs["href"])
    if href.startswith("word:"):
        return f'<a class="word" href="#word-{escapeHtml(href.removeprefix("word:"))}">'
    return f'<a href="{escapeHtml(href)}">'


def _render_text(tokens: Sequence[Token], at: int, options: object, env: dict) -> str:
    from markdown_it.common.utils import escapeHtml

    return env["tie"](escapeHtml(tokens[at].content))
