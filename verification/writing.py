"""Puts a section of results into a page of docs, between its own marks, leaving the rest alone."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "verification.md"
PLOTS = PAGE.parent / "verification"


def write_section(name: str, text: str, page_: Path = PAGE) -> None:
    """Replace what stands between <!-- NAME --> and <!-- end NAME --> of a page (or add it at the end)."""
    begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    page = page_.read_text(encoding="utf-8") if page_.exists() else "# Verification\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin in page:
        before, rest = page.split(begin, 1)
        page = before + section + rest.split(end, 1)[1]
    else:
        page = page.rstrip() + "\n\n" + section + "\n"
    page_.write_text(page, encoding="utf-8")
    print(text.strip())


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join(
        ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(r) + " |" for r in rows)]
    )
