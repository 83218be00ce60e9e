"""Registries on this very machine, as awkward as the real ones, and records to put in them."""
