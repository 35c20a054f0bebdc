"""What flies: landers, the parameters taken from a vehicle, and the limits along a flight."""
