"""What can be asked of a solved problem: derivatives, files, sweeps, other optima."""
