"""The trials in people: a local mirror of the trial registries, in one file on disk.

Rooms, each importing only those above it:
    records    a study as each registry's record says it, read into the same words
    terms      names that mean the same, spellings, products, word patterns, what to ask a registry
    mirror     the one file: every record as received, what changed, which records are one trial
    classify   what a study tests, with the passage that says so
    sync       fetching from the registries, and reading from files
    search     query, document, index and its two engines
    reports    overview, statistics, change feed, a scenario drafted from a record
"""
