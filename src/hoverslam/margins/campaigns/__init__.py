"""Thousands of recoveries in blocks, in processes or on a cluster."""
