"""The report of a run: narrative, figures, bibliography, one HTML page."""
