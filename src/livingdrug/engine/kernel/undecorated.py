"""The functions of a generated file as plain Python: run as they stand, or read and compiled by `engine.native`."""
# ruff: noqa: F821

# ---- copied into every generated file from here on ----
import struct


def compiled(signature, forceinline=False):
    """A function for arguments of these types; `forceinline`: a part of the functions that call it."""
    return lambda function: function


def inlined(signature):
    """A part of the functions that call it."""
    return lambda function: function


def hosted(signature):
    """A function that makes arrays and hands them to compiled ones; it stays Python."""
    return lambda function: function


def wide():
    """Lets the calling function use the widest vector registers (the compiler shuns 512 bits on many processors)."""


def as_bits(x):
    return struct.unpack("<q", struct.pack("<d", x))[0]


def from_bits(x):
    return struct.unpack("<d", struct.pack("<q", x))[0]
