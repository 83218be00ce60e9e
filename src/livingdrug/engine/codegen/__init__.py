"""Equations to text: one list of instructions, printed as Python, C++ or JavaScript."""
