"""diffrax on JAX: all patients in one compiled, vectorised call; boluses cut the time, infusions are jumps."""

from __future__ import annotations

import ast
import os
from typing import Any

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task
from livingdrug.engine.codegen.syntax import ATOM, Spelling

STEPS = 100_000


def tsit5(task: Task) -> Solver:
    return _by(task, "Tsit5")


def kvaerno5(task: Task) -> Solver:
    return _by(task, "Kvaerno5")


class _Jax(Spelling):
    """Choices are made by `where`, for whole arrays."""

    def other(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return f"{node.func.id}({', '.join(map(self.say, node.args))})", ATOM
        return super().other(node)

    def _said(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return f"where({self.say(test)}, {self.say(body)}, {self.say(otherwise)})", ATOM
            case ast.BoolOp(op=op, values=values):
                sign = " | " if isinstance(op, ast.Or) else " & "
                return f"({sign.join(f'({self.say(v)})' for v in values)})", ATOM
            case ast.UnaryOp(op=ast.Not(), operand=x):
                return f"(~({self.say(x)}))", ATOM
        return super()._said(node)


def _slopes(task: Task) -> Any:
    """The right-hand side (y, p, u) -> slopes in JAX."""
    import jax.numpy as jnp

    s, say = task.system, _Jax().text
    arguments = [("y", s.states), ("p", s.columns), ("u", s.inputs)]
    lines = [f"{s.names[p]} = {a}[{i}]" for a, paths in arguments for i, p in enumerate(paths)]
    lines += [f"{x.target} = {say(x.text)}" for x in s.needed(list(s.rhs))]
    lines.append(f"return stack([{', '.join(say(x) for x in s.rhs)}])")
    scope: dict[str, Any] = {word: getattr(jnp, word) for word in ("exp", "log", "sqrt", "abs", "where", "stack")}
    scope["power"] = lambda x, n: jnp.exp(n * jnp.log(x))
    exec("def slopes(y, p, u):\n    " + "\n    ".join(lines), scope)
    return scope["slopes"]


def _by(task: Task, method: str) -> Solver:
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import jax

    jax.config.update("jax_enable_x64", True)
    import diffrax
    import jax.numpy as jnp

    slopes = _slopes(task)
    infused = task.doses[task.doses[:, 3] > 0]
    begins, ends = jnp.asarray(infused[:, 0]), jnp.asarray(infused[:, 0] + infused[:, 3])
    rates = np.zeros((len(infused), len(task.system.inputs)))
    rates[np.arange(len(infused)), infused[:, 1].astype(int)] = infused[:, 2] / infused[:, 3]
    rate = jnp.asarray(rates)

    def f(t: Any, y: Any, p: Any) -> Any:
        return slopes(y, p, ((t >= begins) & (t < ends)) @ rate)

    term, solver = diffrax.ODETerm(f), getattr(diffrax, method)()
    cuts = [task.plan.start, *np.unique(task.doses[task.doses[:, 3] == 0, 0]), task.plan.end]
    at = [int(np.searchsorted(task.edges, c)) for c in cuts[:-1]]

    def one(p: Any, y: Any, given: Any) -> Any:
        seen = []
        for begin, end, k in zip(cuts[:-1], cuts[1:], at):
            first, last = np.searchsorted(task.times, [begin, end], side="right")
            jumps = np.unique([x for x in task.edges if begin < x < end])
            control = diffrax.ClipStepSizeController(
                diffrax.PIDController(rtol=task.rtol, atol=task.atol), jump_ts=jnp.asarray(jumps)
            )
            times = np.unique([*task.times[first:last], end])
            found = diffrax.diffeqsolve(
                term, solver, begin, end, 1e-3, y + given[k], p, saveat=diffrax.SaveAt(ts=jnp.asarray(times)),
                stepsize_controller=control, max_steps=STEPS,
            )  # fmt: skip
            assert found.ys is not None
            seen.append(found.ys[: last - first])
            y = found.ys[-1]
        return jnp.concatenate(seen)

    together = jax.jit(jax.vmap(one))

    def solve(patients: int) -> Floats:
        out = np.full((patients, len(task.times), task.starts.shape[1]), np.nan)
        out[:, task.times == task.plan.start] = task.starts[:patients, None]
        found = together(task.columns[:patients], task.starts[:patients], task.given[:patients])
        out[:, task.times > task.plan.start] = np.asarray(found)
        return out

    return solve
