"""Compiled models on disk: one generated file per set of equations, kept in the user's cache folder.

A model is found by the texts of its modules, their wiring and the engine's own texts; what is kept is named by its
content. So a changed equation compiles anew, a changed value, rule or dose does not, and a changed comment costs
only the look. Two processes at once write the same bytes; a folder that cannot be written gives way to a temporary
one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from livingdrug.errors import CompilerError, EngineError, unknown
from livingdrug.files import write_text
from livingdrug.model.declare import Change, Declared, Flow

if TYPE_CHECKING:
    from livingdrug.model import Model

ENV = "LIVINGDRUG_CACHE"
COMPILER = "LIVINGDRUG_COMPILER"
COMPILERS = ("native", "numba")
TRIED = {("Linux", "x86_64")}  # systems and processors where the native compiler was tried


@dataclass(frozen=True)
class Program:
    """A loaded model: its kernel module, and the file it came from."""

    kernel: Any
    path: Path | None = None


def folder(kept: str = "models") -> Path:
    """Where compiled models (or something else) are kept: LIVINGDRUG_CACHE or the user's cache folder; a temporary one
    if that cannot be written."""
    if os.environ.get(ENV):
        wanted = Path(os.environ[ENV])
    else:
        import platformdirs

        wanted = Path(platformdirs.user_cache_dir("livingdrug"))
    wanted = wanted / kept
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return _temporary(str(wanted))


@cache
def _temporary(wanted: str) -> Path:
    warnings.warn(
        f"the cache folder {wanted} cannot be written; what is computed for it now is not kept "
        f"(set {ENV} to a folder that can be written)",
        stacklevel=4,
    )
    return Path(tempfile.mkdtemp(prefix="livingdrug-"))


def fingerprint(model: Model) -> str:
    """A name for a set of equations: everything that decides what the generated file says."""
    h = hashlib.sha256()
    for part in (
        *_engine_texts(Path(__file__).parents[1]),
        platform.machine(),
        platform.python_version(),
        type(model).__name__,  # the same modules may be well mixed
    ):
        h.update(part.encode() + b"\0")
    for role, module in model.modules.items():
        kind: Any = type(module)
        h.update(f"{role}={kind.__module__}.{kind.__qualname__} {sorted(vars(module).items())}\0".encode())
        h.update(_module_text(kind).encode() + b"\0")
    return h.hexdigest()[:24]


@cache
def _engine_texts(package: Path) -> tuple[str, ...]:
    """Names and texts of every file of the engine and of the language of models: a new one cannot be forgotten."""
    return tuple(
        f"{path.relative_to(package).as_posix()}\0{path.read_text(encoding='utf-8')}"
        for part in ("engine", "model")
        for path in sorted((package / part).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    )


@cache
def _module_text(kind: Any) -> str:
    """The text of a module's equations: its file, its functions' code and closures (of classes made on the fly)."""
    parts = []
    for k in kind.__mro__:
        if k is object:
            continue
        source = getattr(sys.modules.get(k.__module__), "__file__", None)
        if source and os.path.exists(source):
            parts.append(Path(source).read_text(encoding="utf-8"))
        for name, value in sorted(vars(k).items(), key=lambda x: x[0]):
            parts.append(f"{name}: {_described(value)}")
    return "\0".join(parts)


def _described(value: Any) -> str:
    """A value as text that changes when its meaning does (functions by their code and what they close over)."""
    if inspect.isfunction(value):
        cells = [c.cell_contents for c in value.__closure__ or ()]
        return f"{_code(value.__code__)} {value.__defaults__} {[_described(c) for c in cells]}"
    if isinstance(value, dict):
        return str([(k, _described(v)) for k, v in value.items()])
    if isinstance(value, (list, tuple)):
        return str([_described(v) for v in value])
    if isinstance(value, (Declared, Flow, Change)):
        return f"{type(value).__name__} {_described(vars(value))}"
    if isinstance(value, (str, int, float, bool, type(None))):
        return repr(value)
    return type(value).__name__


def _code(code: Any) -> str:
    constants = [_code(c) if inspect.iscode(c) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {constants} {code.co_names}"


_loaded: dict[str, Program] = {}
_told: list[Callable[[int, int], None]] = []  # who hears (stages of compiling done, stages in all)
STAGES = 4  # equations, LLVM's text, optimised, machine code


@contextmanager
def telling(told: Callable[[int, int], None]) -> Iterator[None]:
    """While this lasts, `told` hears of every model that has to be compiled: how much is done, of how much."""
    _told.append(told)
    try:
        yield
    finally:
        _told.remove(told)


def _tell(stage: int) -> None:
    for told in list(_told):
        told(stage, STAGES)


def load(model: Model) -> Program:
    """The model's kernel, compiled now or found in the cache."""
    name = fingerprint(model)
    if name not in _loaded:
        _loaded[name] = first_of_the_compilers(lambda made: by(made, model))
    return _loaded[name]


def first_of_the_compilers(make: Callable[[str], Program]) -> Program:
    """What `compiler()` makes; what numba makes, with a warning, where that one fails and was not asked for."""
    wanted = compiler()
    try:
        return make(wanted)
    except CompilerError as problem:
        if wanted == "numba" or COMPILER in os.environ:
            raise
        warnings.warn(f"{problem}\nnumba compiles instead, which takes about a minute", stacklevel=3)
        return make("numba")


def compiler() -> str:
    """Who compiles: LIVINGDRUG_COMPILER, or "native" on systems where it was tried, else "numba"."""
    wanted = os.environ.get(COMPILER)
    if wanted is None:
        return "native" if (platform.system(), platform.machine()) in TRIED else "numba"
    if wanted not in COMPILERS:
        raise unknown("compiler", wanted, COMPILERS, where=COMPILER, error=EngineError)
    return wanted


def by(made: str, model: Model) -> Program:
    """The model's kernel as one of COMPILERS makes it; CompilerError when it cannot."""
    note = folder() / f"{fingerprint(model)}.{made}.txt"  # which file holds this model
    path = note.with_name(note.read_text(encoding="utf-8")) if note.exists() else None
    if path and path.exists():
        return _program(path, made, _tell)
    _tell(0)
    program = of_text(text(model, made=made), made, _tell)
    assert program.path
    _write(note, program.path.name)
    _tell(STAGES)
    return program


def of_text(content: str, made: str, told: Callable[[int], None] = lambda stage: None) -> Program:
    """A generated file, kept under the name of its content, as one of COMPILERS makes it; told: `native.attach`."""
    path = folder() / f"model_{hashlib.sha256(content.encode()).hexdigest()[:24]}.py"
    _write(path, content)
    return _program(path, made, told)


def _program(path: Path, made: str, told: Callable[[int], None]) -> Program:
    module = _imported(path)
    if made == "native":
        from livingdrug.engine import native

        native.attach(module, path, told)
    return Program(module, path)


def plain(model: Model) -> Program:
    """The same kernel as plain Python, one patient at a time: slow, but nothing is compiled."""
    name = f"{fingerprint(model)}_plain"
    if name not in _loaded:
        kernel = ModuleType(f"livingdrug_{name}")
        exec(compile(text(model, lanes=1, made="plain"), f"<{kernel.__name__}>", "exec"), kernel.__dict__)
        _loaded[name] = Program(kernel)
    return _loaded[name]


def text(model: Model, lanes: int | None = None, made: str = "native") -> str:
    """The generated file of a model (see `codegen.emit_python.source`)."""
    from livingdrug.engine.codegen.emit_python import source
    from livingdrug.engine.codegen.lower import lower

    return source(lower(model), lanes, made)


def _write(path: Path, content: str) -> None:
    """Writes whole or not at all, also when another process writes the same file."""
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        write_text(path, content)  # else left: the time of the file decides whether its compiled code is still good


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"livingdrug_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
