"""Arithmetic of the file that runs as plain Python: the workspace is an ordinary list."""
# ruff: noqa: F821

# ---- copied into every generated file from here on ----
import math


def exp(x):
    return math.exp(min(max(x, -700.0), 700.0))


def log(x):
    return math.log(x) if x > 0.0 else math.nan


def power(x, n):
    return exp(n * log(x))


def sqrt(x):
    return math.sqrt(x)
