"""The pages, one file per part of the site; each has a `router`. Files that begin with `_` only serve others."""
