"""Cost inputs: bands with status and source, prices, and their reading."""
