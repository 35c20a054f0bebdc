"""Many vehicles in many recovery modes: solved in parallel, written as tables, pictures and trajectories."""
