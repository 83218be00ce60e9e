"""A study as each registry's record says it, read into the same words."""
