"""Equations to instructions to compiled lanes.

Knows no biology: rules, doses, thresholds, visits and values are data.
"""
