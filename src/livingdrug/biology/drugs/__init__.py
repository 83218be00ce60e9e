"""Drugs given against toxicity."""
