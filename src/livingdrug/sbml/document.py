"""An SBML file as text and tree: what it names, what has no value, and what cannot be run, refused by name and line.

The text goes to libroadrunner; this reads from the tree what that library does not say. Models made of models (comp)
are flattened by libSBML, Level 1 is converted by it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from livingdrug.errors import EngineError, ScenarioError, nearest
from livingdrug.sbml.mathml import symbols_in, tag

DRAWING = frozenset({"layout", "render", "groups", "l3v2extendedmath", "annot"})  # these change no result
DEEPEST = 5000  # levels of XML: libSBML follows them by recursion
LARGEST = 256 * 2**20  # bytes
NOT_CARRIED = "libroadrunner, which runs SBML files here, does not do it"


@dataclass(frozen=True)
class Symbol:
    """A compartment, species or parameter. amount: the symbol of a species means its amount, not a concentration."""

    name: str
    kind: str
    element: Element
    compartment: str = ""
    amount: bool = True

    @property
    def title(self) -> str:
        """What people call it, where the file says so."""
        return " ".join((self.element.get("name") or "").split())

    @property
    def has_value(self) -> bool:
        """Whether the element itself gives one."""
        return any(
            self.element.get(a) not in (None, "") for a in ("value", "size", "initialAmount", "initialConcentration")
        )

    @property
    def constant(self) -> bool:
        """Whether the file says that it never changes."""
        return self.element.get("constant", "false" if self.kind == "species" else "true") in ("true", "1")


@dataclass
class Document:
    """What an SBML file says. notes: what was passed over, in words."""

    path: str
    text: str
    root: Element
    level: int
    symbols: dict[str, Symbol] = field(default_factory=dict)
    reactions: dict[str, Element] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)  # ids of stoichiometries
    assigned: dict[str, Element] = field(default_factory=dict)  # by assignment rules
    rated: dict[str, Element] = field(default_factory=dict)  # by rate rules
    started: dict[str, Element] = field(default_factory=dict)  # by initial assignments
    events: list[Element] = field(default_factory=list)
    jumping: set[str] = field(default_factory=set)  # assigned by events
    reacting: set[str] = field(default_factory=set)  # species moved by reactions
    functions: dict[str, tuple[tuple[str, ...], Element]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)  # identifiers that had to be changed: the file's own

    @property
    def model(self) -> Element:
        """The <model> element."""
        return next(e for e in self.root if tag(e) == "model")

    def line(self, what: str) -> str:
        """file:line of the first place that names an identifier."""
        found = re.search(rf"""(?:id|name|variable|symbol)\s*=\s*["']{re.escape(what)}["']""", self.text)
        return f"{self.path}:{self.text.count(chr(10), 0, found.start()) + 1}" if found else self.path

    def inside(self, name: str) -> str:
        """The identifier that stands here for one of the file's own."""
        return next((n for n, own in self.shown.items() if own == name), name)

    def called(self) -> dict[str, str]:
        """What people call a symbol, by its identifier in the file; with the compartment where two are called alike."""
        names = {n: s.title for n, s in self.symbols.items() if s.title}
        inside = {n: s.compartment for n, s in self.symbols.items() if s.compartment}
        places = {n: self.symbols[c].title or c for n, c in inside.items() if c in self.symbols}
        for more in (places, dict(zip(names, names))):
            alike = Counter(names.values())
            names = {n: f"{x}, {more[n]}" if alike[x] > 1 and n in more else x for n, x in names.items()}
        return {self.shown.get(n, n): x for n, x in names.items()}

    def meant(self, name: str) -> str | None:
        """What to write instead of a name that the file has for people."""
        called = self.called()
        own = [self.shown.get(n, n) for n, s in self.symbols.items() if s.title == name or called.get(n) == name]
        return "write " + " or ".join(f"{n} ({called[n]})" for n in own[:3]) if own else None

    def changes(self, name: str) -> bool:
        """Whether a symbol may change while time passes."""
        return name in self.assigned or name in self.rated or name in self.jumping or name in self.reacting

    def described(self) -> tuple[str, ...]:
        """What a table shows unless told otherwise: every species, and every compartment and parameter that changes."""
        return tuple(n for n, s in self.symbols.items() if s.kind == "species" or self.changes(n))

    def with_values(self, values: Mapping[str, float]) -> str:
        """The text with other starting values. Names as in `settable`; a value takes the place of what gave it."""
        root = ElementTree.fromstring(self.text)
        other = _contents(self.path, self.text, root, self.level)
        for name, value in values.items():
            if name in other.symbols:
                _set(other.symbols[name], value)
            else:
                next(e for n, e in other.locals() if n == name).set("value", repr(float(value)))
        for parent in [e for e in root.iter() if tag(e) == "listOfInitialAssignments"]:
            for e in [e for e in parent if e.get("symbol") in values]:
                parent.remove(e)
        _drop_empty(root)
        return as_text(root)

    def locals(self) -> Iterator[tuple[str, Element]]:
        """Local parameters, as REACTION.PARAMETER."""
        for name, reaction in self.reactions.items():
            for e in reaction.iter():
                if tag(e) in ("localParameter", "parameter"):
                    yield f"{name}.{e.get('id')}", e

    def settable(self) -> list[str]:
        """What may be given another value: symbols that no assignment rule gives, and local parameters."""
        return [n for n in self.symbols if n not in self.assigned] + [n for n, _ in self.locals()]


def read_document(path: str | Path, text: str) -> Document:
    """Read the text of a file. EngineError when it is not SBML or asks for what is not run."""
    root = _tree(str(path), text)
    level = _level(str(path), root)
    notes: list[str] = []
    if level == 1 or _composed(root):
        text = _simplified(Path(path), text, level)
        root, level = _tree(str(path), text), 3 if level > 2 else 2
    _packages(str(path), root, notes)
    found = _contents(str(path), text, root, level)
    found.notes += notes
    _refuse(found)
    _unset(found)
    if "time" in found.symbols or "time" in found.reactions:
        found = _renamed(found, "time")
    return found


def as_text(root: Element) -> str:
    """A tree as the text of an XML file, the core language without a prefix."""
    ElementTree.register_namespace("", root.tag[1:].partition("}")[0])
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def read_text(file: Path) -> str:
    """The text of a file as UTF-8, whatever encoding it names."""
    if not file.is_file():
        alike = nearest(file.name, [f.name for f in file.parent.glob("*.xml")]) if file.parent.is_dir() else None
        raise ScenarioError(
            f"there is no file '{file}'", where="FILE", nearest=alike, mend="give the path of an SBML file (.xml)"
        )
    try:
        if file.stat().st_size > LARGEST:
            raise EngineError("the file is too large to be read", where=str(file), allowed="up to 256 MiB")
        data = file.read_bytes()
    except OSError as problem:
        raise ScenarioError(f"this file cannot be read ({problem.strerror})", where=str(file)) from problem
    declared = re.match(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""", data)
    try:
        text = data.decode(declared[1].decode("ascii") if declared else "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        raise EngineError(
            "this file is not text in the encoding it names", where=str(file), allowed="UTF-8", mend="export it again"
        ) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    text = re.sub(
        r"""\A<\?xml(?![^>]*encoding\s*=)(\s+version\s*=\s*["'][^"']*["'])""", r'<?xml\1 encoding="UTF-8"', text
    )
    return re.sub(r"""(<\?xml[^>]*encoding\s*=\s*)["'][^"']*["']""", r'\1"UTF-8"', text, count=1)


def _tree(path: str, text: str) -> Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise EngineError("SBML files have no document type declaration", where=path, mend="remove <!DOCTYPE ...>")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        what = str(problem.msg).partition(":")[0]
        raise EngineError(
            f"this is not valid SBML: {what}", where=f"{path}:{problem.position[0]}", mend="export it again"
        ) from None
    level = [root]
    for _ in range(DEEPEST):
        level = [c for e in level for c in e]
        if not level:
            return root
    raise EngineError(
        "SBML: a formula is nested too deeply", where=path, allowed=f"{DEEPEST} levels", mend="split it with rules"
    )


def _level(path: str, root: Element) -> int:
    if tag(root) != "sbml" or "sbml.org/sbml/level" not in root.tag:
        raise EngineError(
            f"this is not valid SBML: it begins with <{tag(root)[:60]}>, not with <sbml> in one of its namespaces",
            where=f"{path}:1",
            mend="give an SBML file",
        )
    if not any(tag(e) == "model" for e in root):
        raise EngineError("this file holds no SBML model", where=path, mend="give a file with a <model>")
    return int(root.tag.partition("/level")[2][0])


def _composed(root: Element) -> bool:
    return any("/comp/" in e.tag for e in root.iter() if isinstance(e.tag, str))


def libsbml(why: str) -> Any:
    """libSBML, or an error that names the extra."""
    try:
        import libsbml as found
    except ImportError as absent:
        raise EngineError(f"{why} needs python-libsbml", mend="pip install 'livingdrug[exchange]'") from absent
    return found


def _simplified(file: Path, text: str, level: int) -> str:
    """Level 1 as Level 2; a model made of models as one model."""
    sbml = libsbml("reading this file")
    document = sbml.readSBMLFromString(text)
    document.setLocationURI(file.resolve().as_uri())  # files that it refers to are beside it
    if document.getNumErrors(sbml.LIBSBML_SEV_ERROR) + document.getNumErrors(sbml.LIBSBML_SEV_FATAL):
        problems = [document.getError(i) for i in range(document.getNumErrors())]
        first = next(e for e in problems if e.getSeverity() >= sbml.LIBSBML_SEV_ERROR)
        raise invalid(f"{file}:{first.getLine()}", first.getMessage())
    if level == 1:
        document.setLevelAndVersion(2, 4, False)
    else:
        wanted = sbml.ConversionProperties()
        wanted.addOption("flatten comp", True)
        wanted.addOption("performValidation", False)
        wanted.addOption("abortIfUnflattenable", "none")
        if document.convert(wanted) != sbml.LIBSBML_OPERATION_SUCCESS:
            raise EngineError(
                "SBML: the models inside this model (package 'comp') could not be put together",
                where=str(file),
                mend="look whether every file it refers to is beside it",
            )
    return str(sbml.writeSBMLToString(document))


def invalid(where: str, message: str) -> EngineError:
    """A rule of the language that a file breaks."""
    lines = [" ".join(line.split()) for line in message.strip().splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("Reference:")]
    detail = said[-1] if len(said) > 1 else ""
    what = said[0].partition(". ")[0].rstrip(".") if said else "it breaks a rule of the language"
    text = f"this is not valid SBML: {detail or what}"
    return EngineError(text[:400], where=where, mend="mend the file, or export it again")


def _packages(path: str, root: Element, notes: list[str]) -> None:
    for key, value in root.attrib.items():
        namespace, _, name = key.rpartition("}")
        if name != "required" or not namespace:
            continue
        package = re.sub(r"/version\d+$", "", namespace).rpartition("/")[2].rpartition("}")[2]
        if package in DRAWING or package == "comp":
            continue
        if value in ("true", "1"):
            raise EngineError(
                f"SBML: package '{package}' is not supported, and the file says that it changes the mathematics",
                where=f"{path}:1",
                allowed='comp, fbc and others with required="false", layout, render, groups',
                mend="export the plain core model",
            )
        notes.append(f"package '{package}' is passed over: the file says that it changes no course")


def _contents(path: str, text: str, root: Element, level: int) -> Document:
    found = Document(path, text, root, level)
    read: dict[str, Callable[[Document, Element], None]] = {
        "listOfFunctionDefinitions": _function,
        "listOfCompartments": _compartment,
        "listOfParameters": _parameter,
        "listOfSpecies": _species,
        "listOfInitialAssignments": _start,
        "listOfRules": _rule,
        "listOfReactions": _reaction,
        "listOfEvents": _event,
    }
    lists = {tag(e): e for e in found.model if tag(e) in read}
    for name, reader in read.items():
        for e in lists.get(name, ()):
            reader(found, e)
    return found


def formula(e: Element | None) -> Element | None:
    """The <math> inside an element."""
    return None if e is None else next((c for c in e if tag(c) == "math"), None)


def child(e: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next((c for c in e if tag(c) == name), None)


def _function(found: Document, e: Element) -> None:
    math = formula(e)
    inside = next((x for x in math.iter() if tag(x) == "lambda"), None) if math is not None else None
    if inside is not None and len(inside) and tag(inside[-1]) != "bvar":
        arguments = tuple((b[0].text or "").strip() for b in inside if tag(b) == "bvar" and len(b))
        found.functions[e.get("id", "")] = (arguments, inside[-1])


def _compartment(found: Document, e: Element) -> None:
    found.symbols[e.get("id", "")] = Symbol(e.get("id", ""), "compartment", e)


def _parameter(found: Document, e: Element) -> None:
    found.symbols[e.get("id", "")] = Symbol(e.get("id", ""), "parameter", e)


def _species(found: Document, e: Element) -> None:
    name, home = e.get("id", ""), e.get("compartment", "")
    place = found.symbols.get(home)
    flat = place is not None and place.element.get("spatialDimensions") in ("0", "0.0")
    amount = e.get("hasOnlySubstanceUnits", "false") in ("true", "1") or flat
    found.symbols[name] = Symbol(name, "species", e, home, amount)


def _start(found: Document, e: Element) -> None:
    found.started[e.get("symbol", "")] = e


def _rule(found: Document, e: Element) -> None:
    kind = tag(e)
    if kind == "rateRule":
        found.rated[e.get("variable", "")] = e
    elif kind == "assignmentRule":
        found.assigned[e.get("variable", "")] = e


def _reaction(found: Document, e: Element) -> None:
    found.reactions[e.get("id", "")] = e
    for side in e:
        if tag(side) in ("listOfReactants", "listOfProducts"):
            for r in side:
                if r.get("id"):
                    found.references.add(r.get("id", ""))
                s = found.symbols.get(r.get("species", ""))
                if s and s.element.get("boundaryCondition", "false") in ("false", "0") and not s.constant:
                    found.reacting.add(s.name)


def _event(found: Document, e: Element) -> None:
    found.events.append(e)
    found.jumping |= {a.get("variable", "") for a in e.iter() if tag(a) == "eventAssignment"}


def competing(a: Element, b: Element) -> bool:
    """Whether the order of two events of no or equal priority matters: one sets what the other sets or reads."""
    if any(child(e, "priority") is not None for e in (a, b)):
        return False

    def sets(e: Element) -> set[str]:
        return {x.get("variable", "") for x in e.iter() if tag(x) == "eventAssignment"}

    def reads(e: Element) -> set[str]:
        late = e.get("useValuesFromTriggerTime", "true") in ("false", "0")
        return {n for x in e.iter() if tag(x) == "eventAssignment" for n in symbols_in(x)} if late else set()

    return bool(sets(a) & (sets(b) | reads(b)) or sets(b) & reads(a))


def _refuse(found: Document) -> None:
    """What libroadrunner does not do, by name and line."""
    if not re.search(r"symbols/delay|algebraicRule|fast\s*=", found.text):
        return
    for e in found.model.iter():
        kind = tag(e) if isinstance(e.tag, str) else ""
        if kind == "csymbol" and e.get("definitionURL", "").endswith("symbols/delay"):
            line = found.text.count("\n", 0, found.text.find("symbols/delay")) + 1
            raise EngineError(
                "SBML: 'delay(x, duration)' is not supported",
                where=f"{found.path}:{line}",
                mend=f"{NOT_CARRIED}; replace the delay by a chain of stages",
            )
        if kind == "algebraicRule" and formula(e) is not None:
            line = found.text.count("\n", 0, found.text.find("algebraicRule")) + 1
            raise EngineError(
                "SBML: an algebraic rule is not supported",
                where=f"{found.path}:{line}",
                mend=f"{NOT_CARRIED}; solve it for a symbol and write an assignment rule",
            )
        if kind == "reaction" and e.get("fast") in ("true", "1"):
            raise EngineError(
                f"SBML: the fast reaction '{e.get('id')}' is not supported",
                where=found.line(e.get("id", "")),
                mend=f"{NOT_CARRIED}; give it a large rate, or write its equilibrium as an assignment rule",
            )


def _unset(found: Document) -> None:
    """Symbols without a value, which others take as 0 or 1 without a word, or refuse where nothing needs them."""
    given = {*found.started, *found.assigned}
    bare_symbols = [(n, s) for n, s in found.symbols.items() if not s.has_value and n not in given]
    used = {n for m in found.model.iter() if tag(m) == "math" for n in symbols_in(m)} if bare_symbols else set()
    for name, s in bare_symbols:
        moved = found.changes(name)
        if s.kind == "compartment":
            inside = [x for x in found.symbols.values() if x.compartment == name]
            if name not in used and not moved and all(x.amount and _by_amount(x) for x in inside):
                continue
        elif s.kind == "parameter" and name not in used and not moved:
            s.element.set("value", "NaN")
            found.text = ""
            continue
        raise EngineError(
            f"SBML: {s.kind} '{name}' has no value",
            where=found.line(name),
            mend="give it one, or an initial assignment or rule (other programs may take 0 or 1 without a word)",
        )
    found.text = found.text or as_text(found.root)
    bare = [
        e
        for r in found.reactions.values()
        for side in r
        if tag(side) in ("listOfReactants", "listOfProducts")
        for e in side
        if found.level > 2 and e.get("stoichiometry") is None and e.get("id", "") not in {*given, *found.rated}
    ]
    if bare:
        found.notes.append(
            f"{len(bare)} places in reactions give no stoichiometry, the first for '{bare[0].get('species')}': "
            "taken as 1, as other programs do"
        )
    silent = [n for n, r in found.reactions.items() if child(r, "kineticLaw") is None]
    if silent:
        found.notes.append(f"{len(silent)} reactions have no rate law and never happen, the first is '{silent[0]}'")


def _by_amount(s: Symbol) -> bool:
    return s.element.get("initialConcentration") is None


def _set(s: Symbol, value: float) -> None:
    """Another value for a symbol, in the meaning its symbol has."""
    for a in ("value", "size", "initialAmount", "initialConcentration"):
        s.element.attrib.pop(a, None)
    key = {"parameter": "value", "compartment": "size"}.get(s.kind)
    s.element.set(key or ("initialAmount" if s.amount else "initialConcentration"), repr(float(value)))


def _drop_empty(root: Element) -> None:
    for parent in root.iter():
        for e in [e for e in parent if tag(e) == "listOfInitialAssignments" and not len(e)]:
            parent.remove(e)


def _renamed(found: Document, old: str) -> Document:
    """The same file with another identifier for a symbol, as libroadrunner takes `time` for the clock."""
    new = old
    while new in found.symbols or new in found.reactions or new in found.functions or new == old:
        new += "_"
    own = [law for law in found.root.iter() if tag(law) == "kineticLaw" and any(c.get("id") == old for c in law.iter())]
    hidden = {c for law in own for c in law.iter()} | {
        c for f in found.root.iter() if tag(f) == "lambda" for c in f.iter() if tag(c) == "ci"
    }
    for e in found.root.iter():
        if e in hidden:
            continue
        for a in ("id", "symbol", "variable", "species", "compartment", "conversionFactor"):
            if e.get(a) == old:
                e.set(a, new)
        if tag(e) == "ci" and (e.text or "").strip() == old:
            e.text = new
    again = _contents(found.path, as_text(found.root), found.root, found.level)
    again.notes += found.notes
    again.shown[new] = old
    return again
