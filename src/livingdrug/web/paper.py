"""Templates and their few filters. Everything from a registry or a user is escaped; no page carries script or style."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from livingdrug.plot.typeset import typeset
from livingdrug.version import __version__
from livingdrug.web.assets import link
from livingdrug.web.refused import by_field

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.types import Scope

PARTS = (
    ("Explained", "/explained", "how the treatment works"),
    ("Trials", "/trials", "what is tested, where"),
    ("Virtual trials", "/virtual", "run one here"),
    ("Evidence", "/evidence", "how right the model is"),
)
"""The parts of the site: name, address, what is there."""

KEPT = 64  # pages that are held as they were written
_TIED = re.compile(r"\b[A-Z][A-Za-z0-9]*-[A-Z0-9α-ω][A-Za-z0-9]*\b|\b[A-Z]-[a-z]+\b|(?<![\w-])--[a-z][a-z-]*")


def tied(text: object) -> Markup:
    """Text in which names such as CAR-T, IL-6, B-cell and --seed do not break at their hyphens."""
    return Markup(_TIED.sub(lambda m: f'<span class="n">{m[0]}</span>', str(escape(text))))


def named(names: Iterable[object]) -> Markup:
    """Names of files after each other, each on one line where it has room."""
    shown = [str(name) for name in names]
    said = (f"{escape(name)}{',' if i < len(shown) else ''}" for i, name in enumerate(shown, 1))
    return Markup(" ".join(f'<span class="name">{name}</span>' for name in said))


def breaks(path: object) -> Markup:
    """A path that may break after its slashes and points, `library/products/x.toml:43` or `tumour.kill`."""
    return Markup(re.sub(r"[/.](?!toml)", r"\g<0><wbr>", str(escape(path))))


def day(value: object) -> str:
    """A date as people write it: 2026-11-30 -> 30 November 2026; what is no date stays as it is."""
    text = value.isoformat() if isinstance(value, date) else str(value or "")
    match = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T.*)?", text)
    if not match:
        return text
    year, month, of_month = match.groups()
    names = "January February March April May June July August September October November December".split()
    if month is None or not 1 <= int(month) <= 12:
        return year
    return " ".join(filter(None, [of_month and str(int(of_month)), names[int(month) - 1], year]))


def dated(text: object) -> str:
    """A text with its dates as people write them: "of 2026-10-30" -> "of 30 October 2026"."""
    return re.sub(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])", lambda found: day(found[0]), str(text or ""))


def living(name: str) -> dict[str, Any]:
    """A living figure for its template."""
    from livingdrug.web.figures import shown

    return shown(name)


def count(value: int | float) -> str:
    """A whole number with commas between thousands."""
    return f"{value:,.0f}"


def thousands(value: float) -> str:
    """A number with commas between thousands and a true minus, for axes."""
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 trial`, `2 trials`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def within(illness: str) -> str:
    """The name of an illness as it stands within a sentence."""
    from livingdrug.registry.reports import in_words

    return in_words.within(illness)


def commands(text: str) -> Markup:
    """Words in which `backticks` mark what is typed in a terminal."""
    pieces = str(text).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(x) if i % 2 else escape(x) for i, x in enumerate(pieces))


@cache
def environment() -> Environment:
    """The templates, escaping always, failing on a name that nobody gave."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("livingdrug.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "tied": tied,
        "day": day,
        "dated": dated,
        "count": count,
        "thousands": thousands,
        "by_field": by_field,
    }
    made.filters |= {"within": within, "commands": commands, "named": named, "breaks": breaks}
    made.globals |= {"static": link, "parts": PARTS, "version": __version__, "plural": plural, "living": living}
    return made


def render(template: str, **given: Any) -> str:
    """A template as text, typeset."""
    return typeset(environment().get_template(template).render(**given))


def page(scope: Scope, template: str, status: int = 200, *, made_of: Hashable = None, **given: Any) -> Response:
    """A page as a response; 304 without a body where the reader has the very same. Every page needs `title`; path and
    query say where it stands. made_of: what it is made from, where a page made before may be sent again."""
    given.setdefault("about", None)
    path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")

    def write() -> Written:
        return Written.of(render(template, path=path, query=query, **given).encode())

    made = write() if made_of is None else _made_before((template, path, query, made_of), write)
    headers = {"Cache-Control": "no-cache", "ETag": made.tag, "Vary": "Accept-Encoding"}
    asked = Headers(scope=scope)
    if status == 200 and made.tag in [tag.strip() for tag in asked.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    if made_of is not None and "gzip" in asked.get("accept-encoding", ""):
        return HTMLResponse(made.packed, status_code=status, headers={**headers, "Content-Encoding": "gzip"})
    return HTMLResponse(made.body, status_code=status, headers=headers)


@dataclass(frozen=True)
class Written:
    """A page as bytes. tag: changes with them."""

    body: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes) -> Written:
        """With its tag."""
        return cls(body, f'W/"{hashlib.blake2b(body, digest_size=9).hexdigest()}"')

    @cached_property
    def packed(self) -> bytes:
        """By gzip."""
        return gzip.compress(self.body, 9, mtime=0)


_WRITTEN: OrderedDict[Hashable, Written] = OrderedDict()
_alone = threading.Lock()


def _made_before(key: Hashable, write: Callable[[], Written]) -> Written:
    """A page that was made of the same before, else made now; the last KEPT of them are held."""
    with _alone:
        if found := _WRITTEN.get(key):
            _WRITTEN.move_to_end(key)
            return found
    made = write()
    with _alone:
        _WRITTEN[key] = made
        while len(_WRITTEN) > KEPT:
            _WRITTEN.popitem(last=False)
    return made
