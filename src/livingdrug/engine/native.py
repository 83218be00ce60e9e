"""Machine code of a generated file: printed as LLVM text, optimised and emitted once, kept beside the file, called.

The object's name says from which text, by which compiler and for which processor it was made, so that a cache folder
shared by machines holds one for each. It is called through ctypes: the interpreter's lock is free meanwhile.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from livingdrug.engine.codegen import emit_llvm
from livingdrug.engine.codegen.llvm_lines import called
from livingdrug.engine.codegen.signatures import Kind
from livingdrug.errors import CompilerError, LivingDrugError
from livingdrug.files import whole_file

ENTRIES = ("advance", "exp", "log", "power", "count_courses")  # functions of a generated file that Python calls
LEVEL = 3  # of LLVM's optimiser
SCALARS: dict[str, Any] = {
    "double": ctypes.c_double,
    "i64": ctypes.c_int64,
    "u64": ctypes.c_uint64,
    "bool": ctypes.c_bool,
    "void": None,
}
DTYPES = {"double": np.float64, "i64": np.int64, "u64": np.uint64, "bool": np.bool_}

_loaded: list[Any] = []  # what holds loaded code, to the end of the process


def attach(module: ModuleType, path: Path, told: Callable[[int], None] = lambda stage: None) -> None:
    """Puts machine code in the place of the module's functions that Python calls.

    `told` hears of each stage of compiling, when it comes to that: 1 begun, 2 printed as LLVM text, 3 optimised,
    4 machine code. CompilerError when the file cannot be compiled here.
    """
    text = path.read_text(encoding="utf-8")
    entries = [name for name in ENTRIES if hasattr(module, name)]
    try:
        kept = path.with_name(f"{path.stem}.{_key(text)}.o")
        code = read(kept)
        if code is None:
            code = compiled(text, entries, told=told)
            keep(kept, code)
        found = functions(text, code, entries)
    except (ImportError, OSError, RuntimeError, AttributeError, TypeError) as problem:  # another llvmlite, or none
        raise CompilerError(f"LLVM does not compile the equations here ({problem})") from problem
    for name, function in found.items():
        setattr(module, name, function)


def compiled(
    text: str, entries: Sequence[str], level: int = LEVEL, told: Callable[[int], None] = lambda stage: None
) -> bytes:
    """The object code of a generated file for this processor; `entries`: the functions that can be called."""
    import llvmlite.binding as llvm

    told(1)
    target = _target()
    printed = emit_llvm.translated(text, entries)
    module = llvm.parse_assembly(f'target triple = "{llvm.get_process_triple()}"\n{printed}')
    module.data_layout = str(target.target_data)
    told(2)
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    options.loop_vectorization, options.loop_unrolling, options.slp_vectorization = True, True, False
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(module, passes)
    told(3)
    code: bytes = target.emit_object(module)
    told(4)
    return code


def functions(text: str, code: bytes, entries: Sequence[str]) -> dict[str, Callable[..., Any]]:
    """Functions of a generated file's object code, to be called from Python with arrays and numbers."""
    import llvmlite.binding as llvm

    empty = llvm.parse_assembly(f'target triple = "{llvm.get_process_triple()}"')
    engine = llvm.create_mcjit_compiler(empty, _target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _loaded.append(engine)
    signatures = emit_llvm.signatures(text)
    return {
        name: _caller(
            engine.get_function_address(called(name).removeprefix("@")),
            [kind for _, kind in signatures[name].parameters],
            signatures[name].result,
        )
        for name in entries
    }


def read(path: Path) -> bytes | None:
    """The code that is kept; None when it is not there, not whole or not what its name says.

    A broken object would end the process: so each stands behind the checksum of itself and its name.
    """
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    checksum, code = kept[:32], kept[32:]
    return code if checksum == _checksum(path, code) else None


def keep(path: Path, code: bytes) -> None:
    """Whole or not at all; where nothing can be written, nothing is kept."""
    try:
        with whole_file(path) as part:
            part.write_bytes(_checksum(path, code) + code)
    except LivingDrugError:
        pass


def _checksum(path: Path, code: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + b"\0" + code).digest()


@cache
def _processor() -> tuple[str, str]:
    """Name and features of this processor, as LLVM says them."""
    import llvmlite.binding as llvm

    found = llvm.get_host_cpu_features()
    return llvm.get_host_cpu_name(), ",".join(("+" if on else "-") + name for name, on in sorted(found.items()))


@cache
def _printers() -> str:
    """The texts that decide which code comes of a generated file."""
    files = [Path(__file__), *(Path(emit_llvm.__file__).with_name(f"{n}.py") for n in emit_llvm.FILES)]
    return "\0".join(f.read_text(encoding="utf-8") for f in files)


def _key(text: str) -> str:
    import llvmlite.binding as llvm

    parts = (text, _printers(), str(llvm.llvm_version_info), llvm.get_process_triple(), *_processor())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _target() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _processor()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=cpu,
        features=features,
        opt=3,
        reloc="static" if target.name.startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )


def _caller(address: int, kinds: Sequence[Kind], result: str) -> Callable[..., Any]:
    """The function at an address: arrays go as pointer and lengths, groups field by field."""
    flat = [k for kind in kinds for k in _flat(kind)]
    taken = [t for k in flat for t in ([ctypes.c_void_p, *[ctypes.c_int64] * k.axes] if k.axes else [SCALARS[k.of]])]
    function = ctypes.CFUNCTYPE(SCALARS[result], *taken)(address)
    if not any(k.axes for k in flat):
        return function

    def call(*given: Any) -> Any:
        passed: list[Any] = []
        for kind, x in _fields(kinds, given):
            if not kind.axes:
                passed.append(x)
            elif x.dtype != DTYPES[kind.of] or x.ndim != kind.axes or not x.flags.c_contiguous:
                raise TypeError(f"an array of {kind.of} with {kind.axes} axes is wanted, not {x.dtype} {x.shape}")
            else:
                passed += [x.ctypes.data, *x.shape]
        return function(*passed)

    return call


def _flat(kind: Kind) -> Iterator[Kind]:
    if kind.fields:
        for inside in kind.fields.values():
            yield from _flat(inside)
    else:
        yield kind


def _fields(kinds: Sequence[Kind], given: Sequence[Any]) -> Iterator[tuple[Kind, Any]]:
    """Types and values of what is passed, groups field by field."""
    for kind, x in zip(kinds, given, strict=True):
        if kind.fields:
            yield from _fields(list(kind.fields.values()), x)
        else:
            yield kind, x
