"""What ends a patient's course."""
