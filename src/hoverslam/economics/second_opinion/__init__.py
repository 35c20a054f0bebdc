"""TRANSCOST: the cost of a vehicle judged by its dry masses."""
