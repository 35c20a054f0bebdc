"""What differs from one flight to the next, and what counts as landed."""
