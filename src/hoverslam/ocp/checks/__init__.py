"""How good a solution is: re-flight, mesh error, costates, optimality."""
