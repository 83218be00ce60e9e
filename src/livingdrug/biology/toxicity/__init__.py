"""Cytokine release and what it does to the patient."""
