"""The local mirror: one SQLite file, what changed in it, and which records are one trial."""
