"""A compiler that meets a function wants to know every name in it: none may be defined further down in the file."""

from __future__ import annotations

import ast
import builtins

import pytest

from livingdrug.bench.model import study_model
from livingdrug.engine import cache
from livingdrug.model import Change, Jump, Module, State, assemble
from livingdrug.published.entry import published


class Falling(Module):
    """Falls and begins again. Leaves out: sense."""

    role = "ball"
    height = State("1", "height", start=1.0)
    again = Jump("it is low", lambda v: v.height < 0.5, {"height": lambda v: v.height + 1.0})

    def flows(self, v):
        yield Change("height", -v.height, "falls")


MODELS = {
    "plain": study_model,
    "with jumps": lambda: assemble(Falling),
    "with a tissue": lambda: published("luque_2024").model,
}


@pytest.mark.parametrize("made", ["numba", "native"])
@pytest.mark.parametrize("kind", MODELS)
def test_names_are_defined_before_the_functions_that_use_them(kind, made):
    known, late = set(dir(builtins)), []
    for node in ast.parse(cache.text(MODELS[kind](), made=made)).body:
        if isinstance(node, ast.FunctionDef):
            own = {a.arg for a in node.args.args} | {node.name}
            own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            own |= {a.arg for n in ast.walk(node) if isinstance(n, ast.Lambda) for a in n.args.args}
            own |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
            own |= {a.arg for n in ast.walk(node) if isinstance(n, ast.FunctionDef) for a in n.args.args}
            own |= {a.asname or a.name for n in ast.walk(node) if isinstance(n, ast.ImportFrom) for a in n.names}
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            late += [(node.name, name) for name in sorted(used - own - known)]
            known.add(node.name)
        else:
            known |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            known |= {
                a.asname or a.name
                for n in ast.walk(node)
                if isinstance(n, (ast.Import, ast.ImportFrom))
                for a in n.names
            }
            known |= {n.name for n in ast.walk(node) if isinstance(n, ast.ClassDef)}
    assert late == []
