"""Models that one job trains together, as each would train alone; who trains one model a job need not read it."""
