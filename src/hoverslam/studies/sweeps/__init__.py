"""Sweeps: one launch, cost, margin study or landing for every value of some figures, walking along neighbouring points."""
