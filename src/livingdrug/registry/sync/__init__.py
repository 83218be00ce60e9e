"""Keeping the mirror like the registries, and records from files."""
