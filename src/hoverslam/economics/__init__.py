"""Economics: from a payload and a landing probability to the cost of a launch and of a kilogram, with uncertainty.

This room sees numbers only. Cost is what the operator spends and is computed here; price is what a customer pays, is
read from published lists, and is never added to a cost. Start with ``estimate_cost`` and its ``explain()``.
"""
