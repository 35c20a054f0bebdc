"""Studies: flights and costs joined into rows, tables, pictures and files.

``outcome_of(flight)`` joins a solved launch with its cost; ``compare`` does so for many vehicles and recovery modes. The
modules here call the solvers and the cost model of other rooms and arrange their results; they hold no model of their own.
"""
