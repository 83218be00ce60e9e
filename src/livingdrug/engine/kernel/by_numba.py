"""How numba compiles the functions of a generated file, where `engine.native` was not tried."""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from livingdrug.engine.tables import GROUPS, kinds

KINDS = dict(vars(types))  # what signatures may name
for group in GROUPS:
    KINDS[group.__name__] = types.NamedTuple([eval(kind, KINDS) for kind in kinds(group).values()], group)


def compiled(signature, forceinline=False):
    """Compiles a function for arguments of these types, at once.

    It may not make arrays: so it need not count references, which costs a locked instruction at each use of a group.
    """
    return njit(
        eval(signature, KINDS),
        cache=True,
        nogil=True,
        error_model="numpy",
        fastmath={"contract", "nsz"},
        boundscheck=False,
        forceinline=forceinline,
        _nrt=False,
    )


def inlined(signature):
    """A part of the functions that call it: it becomes theirs before types are known, so a call costs nothing."""
    return njit(inline="always")


def hosted(signature):
    """A function that makes arrays and hands them to compiled ones; it stays Python here."""
    return lambda function: function


@intrinsic
def as_bits(context, x):
    return types.int64(types.float64), lambda c, builder, s, a: builder.bitcast(a[0], ir.IntType(64))


@intrinsic
def from_bits(context, x):
    return types.float64(types.int64), lambda c, builder, s, a: builder.bitcast(a[0], ir.DoubleType())


@intrinsic
def wide(context):
    """Lets the calling function use the widest vector registers (the compiler shuns 512 bits on many processors)."""

    def code(c, builder, s, a):
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return c.get_dummy_value()

    return types.none(), code
