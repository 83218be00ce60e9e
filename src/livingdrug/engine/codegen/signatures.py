"""What a generated file says about types: signatures of its functions, its constants and tables, groups of arrays.

Printers of other languages read it here (`emit_cpp`, `emit_llvm`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from livingdrug.engine.tables import GROUPS, kinds

SCALARS = {"float64": "double", "int64": "i64", "uint64": "u64", "boolean": "bool", "void": "void"}
PAIR = "Pair"


@dataclass(frozen=True)
class Kind:
    """The type of a value: a scalar (axes 0), or an array of so many axes."""

    of: str
    axes: int = 0

    @property
    def text(self) -> str:
        """As C++ says it."""
        return f"Array<{self.of}>" if self.axes else self.of

    @property
    def fields(self) -> dict[str, Kind]:
        """Of a group: the types of what it holds."""
        return STRUCTS.get(self.of, {})


def _kind(text: str) -> Kind:
    element, _, axes = text.partition("[")
    return Kind(element if element in STRUCTS else SCALARS[element], axes.count(",") + 1 if axes else 0)


STRUCTS: dict[str, dict[str, Kind]] = {}  # groups of arrays, field by field
for _group in GROUPS:
    STRUCTS[_group.__name__] = {name: _kind(kind) for name, kind in kinds(_group).items()}


@dataclass(frozen=True)
class Signature:
    """What a function takes and gives; `made` is the word before its signature: compiled, inlined or hosted."""

    made: str
    result: str
    parameters: list[tuple[str, Kind]]
    inline: bool

    @property
    def alone(self) -> bool:
        """It works on the workspace and nothing else: one of the large printed ones."""
        return [k for _, k in self.parameters] == [Kind("double", 1)]


def signature(node: ast.FunctionDef) -> Signature:
    """The signature of a function of a generated file."""
    decorator = node.decorator_list[0]
    assert isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Constant)
    assert isinstance(decorator.func, ast.Name)
    made = decorator.func.id
    said = str(decorator.args[0].value)  # "float64(int64, ...)", or "UniTuple(float64, 2)(int64, ...)"
    result, _, inside = said.rpartition(")(") if ")(" in said else said.partition("(")
    taken, depth, part = [], 0, ""
    for c in inside.rstrip()[:-1] + ",":
        if c == "," and depth == 0:
            taken.append(part.strip())
            part = ""
            continue
        depth += (c in "([") - (c in ")]")
        part += c
    names = [a.arg for a in node.args.args]
    return Signature(
        made,
        PAIR if result.startswith("UniTuple") else SCALARS[result],
        list(zip(names, [_kind(k) for k in taken if k], strict=True)),
        made == "inlined" or len(decorator.args) > 1,
    )


def functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, Signature]]:
    """The functions that have a signature, in order."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            yield node, signature(node)


def constants(tree: ast.Module) -> Iterator[tuple[str, Kind, int | float | list[int]]]:
    """Numbers and tables of whole numbers, in order; words for people and for the host are left out."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from _constants(node.targets[0], node.value)


def _constants(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, Kind, int | float | list[int]]]:
    match target, value:
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            for name, x in zip(names, values, strict=True):
                yield from _constants(name, x)
        case ast.Name(id=name), ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            yield name, Kind("double" if isinstance(number, float) else "i64"), number
        case ast.Name(id=name), ast.Call(func=ast.Attribute(attr="uint64"), args=[ast.Constant(value=int() as number)]):
            yield name, Kind("u64"), number
        case ast.Name(id=name), ast.Call(func=ast.Attribute(attr="array"), args=[ast.List() as elements, *_]):
            yield name, Kind("i64", 1), ast.literal_eval(elements)
        case ast.Name(), ast.Constant() | ast.Tuple() | ast.Name():
            pass
        case _:
            raise AssertionError(f"a constant that cannot be printed: {ast.unparse(target)} = {ast.unparse(value)}")
