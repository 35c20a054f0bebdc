"""What is asked of the cost model: estimate, levers, reserve, break-even, target, demand."""
