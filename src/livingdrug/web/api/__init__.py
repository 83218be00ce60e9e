"""The JSON interface, one file per part; each has a `router` with addresses under /api/."""
