"""The trials in people: a local mirror of the trial registries, in one file on disk.

`store.Store` keeps the records, `sync` fetches them, `importer` reads them from files, `changes` tells what changed.
"""
