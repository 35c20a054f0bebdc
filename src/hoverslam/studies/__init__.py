"""Results: a flight and its cost joined into rows, tables, figures and files.

``outcome_of(flight)`` joins a solved launch with what it costs; ``compare`` does so for many cases at once. Everything
here reads finished numbers: nothing in this room knows how a flight is solved or a cost is made.
"""
