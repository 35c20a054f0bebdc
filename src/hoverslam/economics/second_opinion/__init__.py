"""TRANSCOST: the cost of a vehicle estimated from its dry masses."""
