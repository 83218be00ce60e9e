"""A figure as SVG for the middle of a web page: its colours follow the page's theme, its text is text."""

from __future__ import annotations

import html
import io
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from livingdrug.plot.style import INKS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_ID = re.compile(r'(\bid="|href="#|url\(#)')
_FONT = re.compile(r"(font(?:-family)?: [^;\"']*)'DejaVu Sans'[^;\"]*")
_SETTINGS: dict[Any, object] = {"svg.fonttype": "none", "svg.hashsalt": "livingdrug"}


def colours() -> str:
    """The CSS custom properties that inline figures use, light and dark."""
    light, dark = (
        " ".join(f"--ink-{f.name}: {getattr(INKS[theme], f.name)};" for f in fields(INKS[theme]))
        for theme in ("light", "dark")
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def inline(figure: Figure, name: str, alt: str) -> str:
    """The figure, drawn in the light theme, as one <svg> element; `name` keeps its ids apart from other figures'.

    alt: what the figure shows, for those who do not see it.
    """
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(_SETTINGS):
        figure.savefig(buffer, format="svg", facecolor="none", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", text, count=2)
    text = _NUMBER.sub(lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), text)
    text = _ID.sub(rf"\g<1>{name}-", text)
    text = _FONT.sub(r"\1var(--figure-font)", text)
    for field in fields(INKS["light"]):
        text = text.replace(getattr(INKS["light"], field.name), f"var(--ink-{field.name})")
    text = re.sub(r"\s*\n\s*", "\n", text)
    label = f'<svg role="img" aria-label="{html.escape(alt, quote=True)}"'
    return text.replace("<svg", label, 1).strip()
