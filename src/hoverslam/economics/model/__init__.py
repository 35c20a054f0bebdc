"""What a launch costs its operator, and the fleet behind it."""
