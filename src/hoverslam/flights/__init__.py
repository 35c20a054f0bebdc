"""Flight problems: launches, landings, hops, and fits of flights with telemetry."""
