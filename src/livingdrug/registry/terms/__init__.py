"""Names that mean the same, spellings, products and word patterns, from the library."""
