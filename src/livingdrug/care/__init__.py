"""Care: who gets what, when. Schedules, rules looked at on a clock as on a ward, grading scales; all of it data."""
