"""Landing records and the reliability that they imply."""
