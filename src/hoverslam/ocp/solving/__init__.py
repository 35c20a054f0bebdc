"""IPOPT, mesh passes, and the diagnosis of what cannot be met."""
