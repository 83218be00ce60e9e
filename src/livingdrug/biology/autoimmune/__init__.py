"""Autoimmune disease: cells that make antibodies against the patient, what these antibodies do, and scores of it."""
