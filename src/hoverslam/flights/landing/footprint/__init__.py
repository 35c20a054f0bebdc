"""The propellant to land at each site around the pad, and the farthest sites that can be reached."""
