"""Care: who gets what, when. Schedules, rules looked at on a clock as on a ward, and grading scales; all of them data."""
