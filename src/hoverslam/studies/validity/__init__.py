"""Validity: what every flight of the comparison reaches of the limits of each body, flown with the full physics."""
