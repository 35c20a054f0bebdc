"""From a stated problem to a sparse nonlinear programme."""
