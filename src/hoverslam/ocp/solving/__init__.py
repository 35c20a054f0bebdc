"""IPOPT, mesh passes, and the diagnosis of limits that cannot be met."""
