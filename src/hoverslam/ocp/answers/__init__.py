"""Results computed from a solved problem: derivatives, tables, files, sweeps, starts for other optima."""
