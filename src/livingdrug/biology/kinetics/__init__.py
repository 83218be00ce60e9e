"""How the CAR-T cells expand, contract and persist."""
