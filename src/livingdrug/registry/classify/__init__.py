"""What a study tests: cell therapy or not, target, disease, dose; each answer with its passage."""
