"""What LLVM's text is made of: values with their types, and the lines of one function."""

from __future__ import annotations

import ast
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from livingdrug.engine.codegen.signatures import PAIR, Kind
from livingdrug.errors import CompilerError

REAL, WHOLE, COUNTER, FLAG, PAIRED = Kind("double"), Kind("i64"), Kind("u64"), Kind("bool"), Kind(PAIR)
NUMBERS = (REAL, WHOLE, COUNTER, FLAG)  # what a variable holds
SPELT = {"double": "double", "i64": "i64", "u64": "i64", "bool": "i1", "void": "void", PAIR: "{ double, double }"}
KEPT = {**SPELT, "bool": "i8"}  # in memory


@dataclass(frozen=True)
class Value:
    """A value: its type, its name in LLVM (of an array, of its pointer), lengths of its axes, fields of a group."""

    kind: Kind
    name: str
    lengths: tuple[str, ...] = ()
    fields: Mapping[str, Value] = field(default_factory=dict)

    @property
    def spelt(self) -> str:
        """Type and name, as an operand."""
        return f"{'ptr' if self.kind.axes else SPELT[self.kind.of]} {self.name}"

    @property
    def passed(self) -> list[str]:
        """The value as arguments of a call: an array's pointer and lengths, a group's fields."""
        if self.kind.fields:
            return [x for f in self.fields.values() for x in f.passed]
        return [self.spelt, *(f"i64 {n}" for n in self.lengths)]


def number(x: float) -> str:
    """A floating-point constant, by its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def called(name: str) -> str:
    """A function's name in the module; without the prefix LLVM would take `exp` for the C library's."""
    return f"@livingdrug_{name}"


def parameter(name: str, kind: Kind) -> tuple[list[str], Value]:
    """A parameter as LLVM declares it (an array by pointer and lengths, a group by its fields), and its value."""
    if kind.fields:
        inside = {n: parameter(f"{name}.{n}", k) for n, k in kind.fields.items()}
        fields = {n: value for n, (_, value) in inside.items()}
        return [x for declared, _ in inside.values() for x in declared], Value(kind, name, fields=fields)
    value = Value(kind, f"%{name}", tuple(f"%{name}.{i}" for i in range(kind.axes)))
    return value.passed, value


class Lines:
    """The lines of one function; `where`: its name."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.lines: list[str] = []
        self.block: str | None = "entry"  # the basic block that is being written; None after a jump
        self._counted = 0

    def next(self, word: str) -> str:
        """A name that is free."""
        self._counted += 1
        return f"{word}.{self._counted}"

    def say(self, text: str) -> None:
        """Appends an instruction that gives nothing."""
        self.lines.append(f"  {text}")

    def new(self, kind: Kind, text: str) -> Value:
        """Appends an instruction; its value."""
        name = f"%{self.next('')}"
        self.say(f"{name} = {text}")
        return Value(kind, name)

    def open(self, label: str) -> None:
        """What follows is the basic block of this label."""
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        """Ends the basic block, unless it has ended already."""
        if self.block:
            self.say(f"br label %{label}")
        self.block = None

    def fork(self, test: Value, yes: str, no: str) -> None:
        """Ends the basic block by a choice."""
        self.say(f"br {test.spelt}, label %{yes}, label %{no}")
        self.block = None

    def refused(self, node: ast.AST, why: str = "is not known to the compiler") -> CompilerError:
        """The error for what cannot be translated."""
        return CompilerError(
            f"'{ast.unparse(node)[:120]}' {why}",
            where=f"the kernel's function '{self.where}', line {getattr(node, 'lineno', '?')} of the generated file",
            mend="say it with what the kernel uses elsewhere, or add it to engine/codegen/llvm_values.py",
        )
