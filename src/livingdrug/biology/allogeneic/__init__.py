"""Cells of a donor: what the host does to them, what they do to the host, and what is edited to hinder either."""
