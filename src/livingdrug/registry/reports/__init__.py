"""What people take away: overview, statistics, change feed, a scenario drafted from a record."""
