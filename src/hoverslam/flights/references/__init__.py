"""Independent answers to compare optima with: closed forms and a convex formulation."""
