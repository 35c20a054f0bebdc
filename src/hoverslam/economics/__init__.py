"""Economics: from a payload and a landing probability to the cost of a launch and of a kilogram, with uncertainty.

This room takes a payload and a landing probability as numbers; it solves no flight. Cost is what the operator spends and is
computed here. Price is what a customer pays; it is read from published lists and never added to a cost. Start with
``estimate_cost`` and its ``explain()``.
"""
