"""Hops of a test article: take-off, climb, coast, relight and landing."""
