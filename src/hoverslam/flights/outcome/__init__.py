"""What every solved flight has: limits reached, and its trajectory as a dataset."""
