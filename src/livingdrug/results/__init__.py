"""What a run leaves: patient table, courses, the table beside the published results, provenance."""
