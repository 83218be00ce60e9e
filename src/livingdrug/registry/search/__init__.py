"""Searching the mirror: query, document, index and its two engines."""
