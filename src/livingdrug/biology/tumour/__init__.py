"""The leukaemia and the healthy cells that carry its antigen."""
