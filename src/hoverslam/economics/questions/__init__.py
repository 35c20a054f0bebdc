"""Questions to the cost model: estimate, levers, reserve, break-even, target, demand."""
